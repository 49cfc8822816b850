using System.Net;
using System.Text.Json;
using System.Web;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>How to get at the district's administrator.</summary>
/// <param name="Link">The one-time link that makes the first one.</param>
/// <param name="UserName">The user name of one that there is.</param>
/// <param name="File">Where the credentials of the one that the link made are kept, for the next run.</param>
internal sealed record AdministratorOptions(string? Link, string? UserName, string? File);

/// <summary>The district's administrator.</summary>
/// <param name="Client">Speaks to the gateway.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="IsOurs">Whether the demonstration made the district: then its roster may be replaced by another.</param>
internal sealed record Administrator(Client Client, Guid DistrictId, bool IsOurs)
{
    private const string PasswordVariable = "HOMESCHOOL_ADMIN_PASSWORD";

    /// <summary>Makes the administrator by the link, or signs in with what is known.</summary>
    public static async Task<Administrator> FindAsync(
        AdministratorOptions options, Client anybody, Narrator narrator, CancellationToken cancel)
    {
        if (options.UserName is not null)
        {
            var known = new Credentials(options.UserName, Password());
            return await narrator.StepAsync(
                "The district's admin signs in", () => SignInAsync(known, isOurs: false, anybody, cancel));
        }

        if (options.Link is not null)
        {
            var made = await narrator.StepAsync(
                "The one-time link makes the district's first admin, and is void from then on",
                () => UseLinkAsync(options.Link, options.File, anybody, cancel));
            return await narrator.StepAsync(
                "The district's admin signs in", () => SignInAsync(made, isOurs: true, anybody, cancel));
        }

        if (options.File is null || !File.Exists(options.File))
        {
            throw new UsageException(
                "No admin is known: --admin-link takes the link that deploy/up prints, --admin the user name of an admin.");
        }

        var kept = JsonSerializer.Deserialize<Credentials>(await File.ReadAllTextAsync(options.File, cancel))!;
        return await narrator.StepAsync(
            "The admin that an earlier run made signs in", () => SignInAsync(kept, isOurs: true, anybody, cancel));
    }

    private static async Task<(Administrator, string)> SignInAsync(
        Credentials credentials, bool isOurs, Client anybody, CancellationToken cancel)
    {
        var client = anybody.As(credentials);
        var me = (await client.GetAsync("/api/identity/me", cancel)).As<Account>();
        var role = me.Roles.FirstOrDefault(role => role.Role == "districtAdmin")
            ?? throw new StoryFailedException($"{credentials.UserName} administers no district.");
        return (new Administrator(client, role.DistrictId, isOurs), $"district {role.DistrictId}");
    }

    private static async Task<(Credentials, string)> UseLinkAsync(
        string link, string? file, Client anybody, CancellationToken cancel)
    {
        var token = Uri.TryCreate(link, UriKind.Absolute, out var uri) ? HttpUtility.ParseQueryString(uri.Query)["token"] : null;
        if (token is null)
            throw new UsageException("--admin-link takes the whole link that deploy/up prints.");
        var credentials = Credentials.New("admin");
        var request = new { token, credentials.UserName, credentials.Password, language = "en" };
        (await anybody.PostAsync("/api/identity/first-admin", request, cancel)).IsDone();
        if (file is not null)
            await KeepAsync(credentials, file, cancel);
        var again = (await anybody.PostAsync("/api/identity/first-admin", request, cancel))
            .IsRefused(HttpStatusCode.Gone, "identity.link-void");
        return (credentials, $"a second time {again}" + (file is null ? "" : $"; credentials kept in {file}"));
    }

    private static async Task KeepAsync(Credentials credentials, string file, CancellationToken cancel)
    {
        // A new file, so that nobody else has it open or may read it.
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var stream = new FileStream(file, options);
        await JsonSerializer.SerializeAsync(stream, credentials, cancellationToken: cancel);
    }

    private static string Password()
    {
        if (Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } known)
            return known;
        if (Console.IsInputRedirected)
            throw new UsageException($"{PasswordVariable} must hold the admin's password.");
        Console.Write("Password: ");
        var password = "";
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
            password = key.Key == ConsoleKey.Backspace ? password[..Math.Max(0, password.Length - 1)] : password + key.KeyChar;
        Console.WriteLine();
        return password;
    }

    private sealed record Account(IReadOnlyList<AccountRole> Roles);

    private sealed record AccountRole(string Role, Guid DistrictId);
}
