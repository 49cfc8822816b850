using System.Globalization;
using HomeSchool.ServiceDefaults.Auditing;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// What an administrator does to keys, as a step of any service that has the vault:
/// <c>dotnet Visits.dll rotate-master-key</c>, <c>rotate-key SCHOOL-OR-DISTRICT</c>, <c>erase-student DISTRICT STUDENT</c>.
/// </summary>
internal static class KeySteps
{
    private static readonly double Seconds = KeyCache.Lifetime.TotalSeconds;

    /// <summary>Does the step that the arguments name.</summary>
    /// <returns>What to print; <see langword="null"/> when they name none.</returns>
    public static async Task<string?> RunAsync(IServiceProvider services, string[] args, CancellationToken cancel)
    {
        if (services.GetService<KeyVault>() is not { } vault)
            return null;
        return args switch
        {
            ["rotate-master-key"] => Say(await vault.RotateMasterAsync(cancel)),
            ["rotate-key", var id] => await vault.RotateAsync(Read(id), cancel) is { } count
                ? Say(count)
                : $"密钥库中没有 {id} 的密钥。The store has no key of {id}.",
            ["erase-student", var district, var student] => await EraseAsync(services, vault, Read(district), Read(student), cancel),
            _ => null,
        };
    }

    private static async Task<string> EraseAsync(
        IServiceProvider services, KeyVault vault, Guid district, Guid student, CancellationToken cancel)
    {
        var isNew = await vault.EraseAsync(district, student, cancel);
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ServiceDb>();
        var (key, now) = (services.GetRequiredService<AuditKey>(), services.GetRequiredService<TimeProvider>().GetUtcNow());
        db.Add(AuditEntry.ByOperator(key, now, "EraseStudent", district, "student", student, isNew ? null : "again"));
        await db.SaveChangesAsync(cancel);
        return isNew
            ? $"已销毁，最迟 {Seconds} 秒后处处生效。Destroyed, everywhere within {Seconds} s."
            : "此前已销毁。It was destroyed before.";
    }

    private static Guid Read(string id) => Guid.TryParse(id, out var read)
        ? read
        : throw new ArgumentException($"{id} 不是编号。{id} is no id.", nameof(id));

    private static string Say(int count) => string.Create(
        CultureInfo.InvariantCulture, $"已重新包裹 {count} 个密钥。{count} keys are wrapped anew.");
}
