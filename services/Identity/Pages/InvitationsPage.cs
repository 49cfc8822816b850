using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Identity.Pages;

/// <summary>Invitations of the own place, and taking one back. There are no names in Identity: they show role and time.</summary>
internal static class InvitationsPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account/invitations";

    private static readonly (string, string) Withdrawn = (
        "邀请已撤回，邀请码不再有效。", "The invitation is withdrawn; its code is void.");

    public static void MapInvitationsPage(this IEndpointRouteBuilder own)
    {
        own.MapGet("/invitations", ShowAsync).Open(AllPages.Own).WithName("ShowInvitations");
        own.MapPost("/invitations/{id:guid}/withdraw", WithdrawInvitationFeature.WithdrawAsync)
            .ThenShow(Path, "withdrawn").OpenCommand(AllPages.Own).WithName("WithdrawInvitationOnPage");
    }

    private static async Task<IResult> ShowAsync(
        string? after, string? done, Visitor visitor, IdentityDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!visitor.MayInvite)
            return HtmlPage.Refusing(Failures.Forbidden, AccountPage.Path);
        var result = await ListInvitationsFeature.ListAsync(db, current, clock, cancel, after: after);
        if (AllPages.ProblemIn(result) is { } problem)
            return HtmlPage.Refusing(problem, Path);

        var (page, now) = (AllPages.ValueIn<Page<InvitationState>>(result), clock.GetUtcNow());
        return new HtmlPage(Path, ("邀请", "Invitations"), m =>
            $"""
            {(page.Items.Count == 0
                ? $"<p>{m["没有邀请。", "There are none."]}</p>"
                : $"""<ul class="rows">{string.Concat(page.Items.Select(item => Row(m, item, now)))}</ul>""")}
            {(page.Next is { } next
                ? $"""<p><a href="{Path}?after={Uri.EscapeDataString(next)}">{m["更早的邀请", "Earlier ones"]}</a></p>"""
                : "")}
            <p><a href="{AccountPage.Path}">{m["返回我的账号", "Back to my account"]}</a></p>
            """)
        {
            Notice = done == "withdrawn" ? Withdrawn : null,
        };
    }

    private static string Row(Markup m, InvitationState item, DateTimeOffset now)
    {
        var role = ReadMeFeature.NameOf(item.Role, m.IsChinese);
        var state = item switch
        {
            { WithdrawnAt: { } at } => m["已撤回 ", "Withdrawn "] + Markup.Time(at),
            { UsedAt: { } at } => m["已接受 ", "Accepted "] + Markup.Time(at),
            _ when item.ExpiresAt <= now => m["已过期 ", "Expired "] + Markup.Time(item.ExpiresAt),
            _ => m["等待接受，有效期至 ", "Waits until "] + Markup.Time(item.ExpiresAt),
        };
        var sent = Markup.Time(item.CreatedAt);
        var waits = item is { WithdrawnAt: null, UsedAt: null } && item.ExpiresAt > now;
        return
            $"""
            <li><div><strong>{role}</strong>
            {m["发出 ", "Sent "]}{sent}<br>{state}</div>
            {(waits
                ? $"""
                <form method="post" action="{Path}/{item.Id}/withdraw">
                <button class="danger" aria-label="{m["撤回邀请:", "Withdraw: "]}{role}, {sent}">{m["撤回", "Withdraw"]}</button></form>
                """
                : "")}
            </li>

            """;
    }
}
