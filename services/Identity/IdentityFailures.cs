using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity;

/// <summary>Every way in which Identity refuses a request.</summary>
internal static class IdentityFailures
{
    /// <summary>
    /// Unknown account, wrong password and locked account answer alike: who guesses learns neither which names exist nor when a
    /// lock began.
    /// </summary>
    public static readonly Failure SignInRefused = new("identity.sign-in-refused", 401,
        "用户名或密码不正确，或尝试次数过多；请核对，几分钟后再试。",
        "The user name or password is not right, or there were too many attempts; check them, or try again in some minutes.");

    /// <summary>The password's ticket is not ours or its time is over.</summary>
    public static readonly Failure TicketVoid = new("identity.ticket-void", 401,
        "登录等待时间过长，请重新输入用户名和密码。", "The sign-in took too long; please enter user name and password again.");

    /// <summary>Wrong, used before, or too many attempts: one answer for all.</summary>
    public static readonly Failure CodeRefused = new("identity.code-refused", 401,
        "验证码不正确或已被使用，或尝试次数过多；请等待下一个验证码，或几分钟后再试，也可使用恢复码。",
        "The code is not right or was used before, or there were too many attempts; wait for the next one, try again in some "
        + "minutes, or use a recovery code.");

    /// <summary>Password or code is wrong, or there were too many attempts.</summary>
    public static readonly Failure ProofWrong = new("identity.proof-wrong", 422,
        "密码或验证码不正确，或尝试次数过多；请核对，几分钟后再试。",
        "The password or the code is not right, or there were too many attempts; check them, or try again in some minutes.");

    /// <summary>There is a second factor already.</summary>
    public static readonly Failure SecondFactorOn = new("identity.second-factor-on", 409,
        "已启用两步验证；如需更换，请先停用。", "Two-step verification is on already; to change the app, turn it off first.");

    /// <summary>There is no second factor.</summary>
    public static readonly Failure SecondFactorOff = new("identity.second-factor-off", 409,
        "尚未启用两步验证。", "Two-step verification is not on.");

    /// <summary>Not the first code of the secret that waits, or none waits any more.</summary>
    public static readonly Failure FirstCodeWrong = new("identity.first-code-wrong", 422,
        "验证码不正确，请输入应用中当前显示的验证码，并检查手机时间；若等待过久，请重新开始。",
        "The code is not right: enter the one that the app shows now, and check the phone's clock; or, if it took long, begin "
        + "again.");

    /// <summary>Nobody gets around the own second factor.</summary>
    public static readonly Failure OwnSecondFactor = new("identity.own-second-factor", 422,
        "不能重置自己的两步验证，请自行停用或由其他管理员操作。",
        "Nobody resets the own second factor; turn it off, or ask another administrator.");

    /// <summary>The refresh token is of no session that goes on.</summary>
    public static readonly Failure SessionOver = new("identity.session-over", 401,
        "登录已结束，请重新登录。", "The session is over; please sign in again.");

    /// <summary>Two requests used one refresh token at the same time; this one was the second.</summary>
    public static readonly Failure TokenSuperseded = new("identity.token-superseded", 401,
        "该刷新令牌刚刚已被使用，请使用新的令牌。", "This refresh token was used a moment ago; use the newer one.");

    /// <summary>Not a user name.</summary>
    public static readonly Failure UserNameInvalid = new("identity.user-name-invalid", 400,
        "用户名应为手机号、邮箱或工号,{0}–{1} 个字符。", "A user name is a phone number, an e-mail address or a staff number, {0}–{1} characters.");

    /// <summary>Too short or too long.</summary>
    public static readonly Failure PasswordLength = new("identity.password-length", 400,
        "密码长度应为 {0}–{1} 个字符。", "A password has {0}–{1} characters.");

    /// <summary>The password is what everybody tries first.</summary>
    public static readonly Failure PasswordIsUserName = new("identity.password-is-user-name", 400,
        "密码不能与用户名相同。", "The password must not be the user name.");

    /// <summary>The password is one that a guesser tries early.</summary>
    public static readonly Failure PasswordGuessable = new("identity.password-guessable", 400,
        "密码过于常见，容易被猜到；请换用几个不相关的词，或更长的密码。",
        "The password is too common and easily guessed; take several unrelated words, or a longer one.");

    /// <summary>The current password is wrong, or there were too many attempts.</summary>
    public static readonly Failure PasswordWrong = new("identity.password-wrong", 422,
        "当前密码不正确，或尝试次数过多；请核对，几分钟后再试。",
        "The current password is not right, or there were too many attempts; check it, or try again in some minutes.");

    /// <summary>A name of a device that is too long or not text.</summary>
    public static readonly Failure DeviceInvalid = new("identity.device-invalid", 400,
        "设备名称最多 {0} 个字符。", "A device's name has at most {0} characters.");

    /// <summary>Somebody has this user name already.</summary>
    public static readonly Failure UserNameTaken = new("identity.user-name-taken", 409,
        "该用户名已被使用；如果是您本人的账号，请先登录再接受邀请。",
        "The user name is taken; if it is yours, sign in first and then accept the invitation.");

    /// <summary>The account has the very role already.</summary>
    public static readonly Failure RoleHeld = new("identity.role-held", 409,
        "您的账号已有该角色。", "Your account has this role already.");

    /// <summary>A field that the role needs is missing.</summary>
    public static readonly Failure FieldNeeded = new("identity.field-needed", 400,
        "邀请该角色时必须填写。", "This role needs it.");

    /// <summary>A field that has no meaning for the role.</summary>
    public static readonly Failure FieldNotForRole = new("identity.field-not-for-role", 400,
        "邀请该角色时不应填写。", "This role does not take it.");

    /// <summary>Nobody locks himself out.</summary>
    public static readonly Failure OwnRole = new("identity.own-role", 422,
        "不能撤销自己的角色，请由其他管理员操作。", "Nobody takes the own role back; ask another administrator.");

    /// <summary>The caller's roles may not invite that role there.</summary>
    public static readonly Failure MayNotInvite = new("identity.may-not-invite", 403,
        "您的角色不能邀请该角色。", "Your role may not invite this role.");

    /// <summary>Not in the roster, or not the caller's to see.</summary>
    public static readonly Failure SchoolUnknown = NotInRoster("school", "学校", "school");

    /// <summary>Not a class of the school.</summary>
    public static readonly Failure ClassUnknown = NotInRoster("class", "该校的班级", "class of the school");

    /// <summary>Nobody who works at the school.</summary>
    public static readonly Failure StaffUnknown = NotInRoster("staff", "该校的教职工", "member of the school's staff");

    /// <summary>Nobody on roll where the caller may invite.</summary>
    public static readonly Failure StudentUnknown = NotInRoster("student", "在籍学生", "student on roll");

    /// <summary>No guardian of the student.</summary>
    public static readonly Failure GuardianUnknown = NotInRoster("guardian", "该学生的监护人", "guardian of the student");

    /// <summary>No invitation has this code.</summary>
    public static readonly Failure CodeUnknown = new("identity.code-unknown", 404,
        "邀请码不正确，请核对后重试。", "The invitation code is not right; check it and try again.");

    /// <summary>The invitation was accepted before.</summary>
    public static readonly Failure CodeUsed = new("identity.code-used", 410,
        "邀请码已被使用，请向学校索取新的邀请码。", "The invitation was used already; ask the school for a new one.");

    /// <summary>The invitation's time is over.</summary>
    public static readonly Failure CodeExpired = new("identity.code-expired", 410,
        "邀请码已过期，请向学校索取新的邀请码。", "The invitation has expired; ask the school for a new one.");

    /// <summary>What was accepted cannot be taken back any more.</summary>
    public static readonly Failure InvitationUsed = new("identity.invitation-used", 409,
        "邀请已被接受，无法撤回；如有需要，请撤销该角色。",
        "The invitation was accepted and cannot be taken back; take the role back instead.");

    /// <summary>The link is wrong, expired, replaced by a newer one, or used.</summary>
    public static readonly Failure LinkVoid = new("identity.link-void", 410,
        "链接无效、已过期或已使用；请在服务器上重新生成。", "The link is wrong, expired or used; print a new one on the server.");

    /// <summary>A machine client's name is too long, empty or not text.</summary>
    public static readonly Failure ClientNameInvalid = new("identity.client-name-invalid", 400,
        "客户端名称应为 1–{0} 个字符。", "A client's name has 1–{0} characters.");

    /// <summary>No scope, or one that machines may not have.</summary>
    public static readonly Failure ScopeNotForMachines = new("identity.scope-not-for-machines", 400,
        "机器客户端的权限范围应从以下各项中选择:{0}。", "A machine client's scopes are some of: {0}.");

    /// <summary>An end that is not in the future.</summary>
    public static readonly Failure EndPassed = new("identity.end-passed", 400,
        "截止时间应晚于当前时间。", "The end must be in the future.");

    /// <summary>The token request is not one of RFC 6749.</summary>
    public static readonly Failure TokenRequestInvalid = new("identity.token-request-invalid", 400,
        "请以 application/x-www-form-urlencoded 提交 grant_type,每个参数最多一次，客户端凭据只用一种方式。",
        "Send grant_type as application/x-www-form-urlencoded, each parameter once at most, the credentials in one way.");

    /// <summary>Unknown client, wrong secret, withdrawn, ended and locked answer alike.</summary>
    public static readonly Failure ClientRefused = new("identity.client-refused", 401,
        "客户端标识或密钥不正确、已失效，或尝试次数过多；请核对，几分钟后再试。",
        "The client id or secret is not right or ended, or there were too many attempts; check them, or try again later.");

    /// <summary>There is one grant type.</summary>
    public static readonly Failure GrantTypeUnsupported = new("identity.grant-type-unsupported", 400,
        "仅支持 grant_type=client_credentials。", "Only grant_type=client_credentials is supported.");

    /// <summary>A scope that the client does not have.</summary>
    public static readonly Failure ScopeRefused = new("identity.scope-refused", 400,
        "请求的权限范围超出了该客户端的范围:{0}。", "The requested scope is beyond that of the client: {0}.");

    /// <summary>The provider does not answer, or not as it should.</summary>
    public static readonly Failure ProviderAway = new("identity.provider-away", 503,
        "身份提供方暂时无法使用，请稍后重试，或使用密码登录。",
        "The sign-in provider is not available at the moment; try again shortly, or sign in with your password.");

    /// <summary>The person gave up there, or the provider did not let him in, or the code came too late.</summary>
    public static readonly Failure ProviderRefused = new("identity.provider-refused", 400,
        "未能通过身份提供方登录，请返回后重试。", "You were not signed in at the provider; go back and try again.");

    /// <summary>An answer that this browser did not ask for, or not from this provider.</summary>
    public static readonly Failure ProviderAnswerUnexpected = new("identity.provider-answer-unexpected", 400,
        "登录已过期或不是由此浏览器发起的，请从登录页重新开始。",
        "This sign-in took too long or was not begun in this browser; begin again at the sign-in page.");

    /// <summary>An ID token or logout token that is not good.</summary>
    public static readonly Failure ProviderTokenInvalid = new("identity.provider-token-invalid", 400,
        "身份提供方返回的令牌未通过校验，请返回后重试。", "The token of the sign-in provider is not valid; go back and try again.");

    /// <summary>The way to a provider needs a challenge and a way back.</summary>
    public static readonly Failure ProviderStartInvalid = new("identity.provider-start-invalid", 400,
        "请提供 challenge(校验码的 SHA-256,base64url)和 return(本站路径)。",
        "Send challenge (the SHA-256 of a verifier, base64url) and return (a path on this host).");

    /// <summary>The one-time code is unknown, used or expired, or the verifier is another's.</summary>
    public static readonly Failure SignInCodeVoid = new("identity.sign-in-code-void", 401,
        "登录码无效、已使用或已过期，请从登录页重新开始。",
        "The sign-in code is wrong, used or expired; begin again at the sign-in page.");

    /// <summary>Nobody here has said that he is this person of the provider.</summary>
    public static readonly Failure ProviderNotLinked = new("identity.provider-not-linked", 409,
        "该身份尚未与账号关联：请用密码登录后关联，或接受邀请。",
        "No account is linked to this identity yet: sign in with your password and link it, or accept an invitation.");

    /// <summary>Another account is linked to this person of the provider.</summary>
    public static readonly Failure ProviderIdentityTaken = new("identity.provider-identity-taken", 409,
        "该身份已与另一账号关联。", "This identity is linked to another account.");

    /// <summary>An account without a password keeps its last way in.</summary>
    public static readonly Failure LastWayIn = new("identity.last-way-in", 422,
        "该账号没有密码，不能解除唯一的登录方式。", "The account has no password; its only way to sign in cannot be removed.");

    /// <summary>A page of another site sent the form, or nobody knows which.</summary>
    public static readonly Failure FormFromElsewhere = new("identity.form-from-elsewhere", 403,
        "此表单不是从本站页面提交的，请返回本站页面重新填写。",
        "This form was not sent from a page of this site; go back to our page and fill it in there.");

    private static Failure NotInRoster(string what, string zh, string en) => new($"identity.{what}-unknown", 422,
        $"名册中没有这样的{zh},或您无权操作；刚导入的名册几秒后生效。",
        $"The roster has no such {en}, or it is not yours; a roster just imported takes effect within seconds.");
}
