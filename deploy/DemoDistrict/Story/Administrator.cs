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
        Administrator? found = null;
        if (options.UserName is not null)
        {
            var credentials = new Credentials(options.UserName, Password());
            await narrator.StepAsync(
                "The district's admin signs in", () => SignInAsync(credentials, isOurs: false));
        }
        else if (options.Link is not null)
        {
            await narrator.StepAsync(
                "The one-time link makes the district's first admin, who signs in; the link is void from then on",
                async () => await SignInAsync(await UseLinkAsync(options.Link, options.File, anybody, cancel), isOurs: true));
        }
        else if (options.File is not null && File.Exists(options.File))
        {
            var credentials = JsonSerializer.Deserialize<Credentials>(await File.ReadAllTextAsync(options.File, cancel))!;
            await narrator.StepAsync(
                "The district's admin of the run before signs in", () => SignInAsync(credentials, isOurs: true));
        }
        else
        {
            throw new UsageException(
                "No admin is known: --admin-link LINK takes the link that deploy/up prints, --admin USER an admin that there is.");
        }

        return found!;

        async Task<string> SignInAsync(Credentials credentials, bool isOurs)
        {
            var client = anybody.As(credentials);
            var me = (await client.GetAsync("/api/identity/me", cancel)).As<Account>();
            var role = me.Roles.FirstOrDefault(role => role.Role == "districtAdmin")
                ?? throw new StoryFailedException($"{credentials.UserName} administers no district.");
            found = new Administrator(client, role.DistrictId, isOurs);
            return $"district {role.DistrictId}";
        }
    }

    private static async Task<Credentials> UseLinkAsync(string link, string? file, Client anybody, CancellationToken cancel)
    {
        var token = Uri.TryCreate(link, UriKind.Absolute, out var uri) ? HttpUtility.ParseQueryString(uri.Query)["token"] : null;
        if (token is null)
            throw new UsageException("--admin-link takes the whole link that deploy/up prints.");
        var credentials = Credentials.New("admin");
        var request = new { token, credentials.UserName, credentials.Password, language = "en" };
        (await anybody.PostAsync("/api/identity/first-admin", request, cancel)).IsDone();
        if (file is not null)
            await KeepAsync(credentials, file, cancel);
        (await anybody.PostAsync("/api/identity/first-admin", request, cancel)).IsRefused(HttpStatusCode.Gone, "identity.link-void");
        return credentials;
    }

    private static async Task KeepAsync(Credentials credentials, string file, CancellationToken cancel)
    {
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
