using System.Text;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity;

/// <summary>What a user name and a password may be.</summary>
internal static class Credentials
{
    public const int ShortestUserName = 4;
    public const int LongestUserName = 100;
    public const int ShortestPassword = 10;
    public const int LongestPassword = 128;

    // What is tried first in China and about a school, and is missing in a list that was gathered elsewhere.
    private static readonly string[] CommonHere =
    [
        "woaini", "woaini1314", "5201314", "1314520", "iloveyou520", "wodemima", "mima", "admin", "xuexiao", "xuesheng", "laoshi",
        "jiaoshi", "jiazhang", "banzhuren", "jiaxiao", "jiafang", "homeschool", "xiaoxue", "zhongxue",
    ];

    /// <summary>
    /// The one way to write a user name: without spaces, lower case, full-width letters and digits as plain ones; phone numbers
    /// as digits only and without 86 in front, so that <c>+86 138-0013-8000</c> is <c>13800138000</c>.
    /// </summary>
    /// <returns><see langword="null"/> for what cannot be a user name.</returns>
    public static string? ReadUserName(string text)
    {
        // U+FFFE is no character, and no text with it can be normalised.
        if (text.Length > LongestUserName || text.Any(c => c == '\uFFFE' || char.IsControl(c) || char.IsSurrogate(c)))
            return null;
        var name = string.Concat(text.Normalize(NormalizationForm.FormKC).Where(c => !char.IsWhiteSpace(c))).ToLowerInvariant();
        if (name.Any(char.IsAsciiDigit) && name.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '(' or ')'))
            name = Phone(string.Concat(name.Where(char.IsAsciiDigit)));
        return name.Length is >= ShortestUserName and <= LongestUserName ? name : null;
    }

    /// <summary>What is wrong with the credentials that somebody chose.</summary>
    /// <param name="userName">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="read">The user name as <see cref="ReadUserName"/> reads it; of use only without mistakes.</param>
    public static List<FieldMistake> Mistakes(string userName, string password, out string read)
    {
        var mistakes = new List<FieldMistake>();
        read = ReadUserName(userName) ?? "";
        if (read.Length == 0)
            mistakes.Add(IdentityFailures.UserNameInvalid.At("userName", ShortestUserName, LongestUserName));
        if (PasswordMistake(password, read, "password") is { } mistake)
            mistakes.Add(mistake);
        return mistakes;
    }

    /// <summary>What is wrong with a password that somebody chose.</summary>
    /// <param name="password">As typed.</param>
    /// <param name="userName">The user name as <see cref="ReadUserName"/> reads it; empty when it has mistakes of its own.</param>
    /// <param name="field">The field that carried it.</param>
    public static FieldMistake? PasswordMistake(string password, string userName, string field) =>
        password.Length is < ShortestPassword or > LongestPassword
            ? IdentityFailures.PasswordLength.At(field, ShortestPassword, LongestPassword)
        : userName.Length > 0 && ReadUserName(password) == userName ? IdentityFailures.PasswordIsUserName.At(field)
        : IsGuessable(password, userName) ? IdentityFailures.PasswordGuessable.At(field)
        : null;

    // zxcvbn estimates how many tries somebody needs who begins with what is commonest (30,000 passwords, names, words, dates,
    // rows of keys, repetitions). Below a million (a score under 2) a stolen hash falls within a minute.
    private static bool IsGuessable(string password, string userName) =>
        global::Zxcvbn.Zxcvbn.MatchPassword(password[..Math.Min(password.Length, 40)], [userName, .. CommonHere]).Score < 2;

    private static string Phone(string digits) =>
        digits.Length == 15 && digits.StartsWith("00861", StringComparison.Ordinal) ? digits[4..]
        : digits.Length == 13 && digits.StartsWith("861", StringComparison.Ordinal) ? digits[2..]
        : digits;
}
