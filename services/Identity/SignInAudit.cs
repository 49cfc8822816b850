using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity;

/// <summary>
/// Audit rows of signing in and out. These endpoints are no commands: a refused one leaves its row, and its count, behind.
/// </summary>
internal static class SignInAudit
{
    /// <summary>Adds a row, to be saved with everything else.</summary>
    /// <param name="db">The database.</param>
    /// <param name="http">The request.</param>
    /// <param name="action">What happened.</param>
    /// <param name="account">Whose account; <see langword="null"/> when there is none of that name: the row is then of no
    /// district, and kept so that guessing leaves traces and takes as long.</param>
    /// <param name="session">The session, where there is one.</param>
    public static void Audit(this IdentityDb db, HttpContext http, string action, Account? account, Guid? session = null) =>
        db.Audit(
            http, action, account is null ? "anonymous" : $"account:{account.Id:N}", account?.DistrictId ?? Guid.Empty, null,
            session is null ? "account" : "session", session ?? account?.Id);

    /// <summary>Adds a row about anything else.</summary>
    public static void Audit(
        this IdentityDb db, HttpContext http, string action, string actor, Guid district, Guid? school, string kind,
        Guid? subject)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var row = new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Actor = actor,
            Action = action,
            Permission = "open",
            DistrictId = district,
            SchoolId = school,
            SubjectKind = kind,
            SubjectId = subject,
            CorrelationId = Correlation.Of(http),
        };
        var key = http.RequestServices.GetRequiredService<AuditKey>();
        db.Add(row).Property(entry => entry.Mac).CurrentValue = key.Mac(row);
    }
}
