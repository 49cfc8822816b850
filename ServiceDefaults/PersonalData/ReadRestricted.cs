using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.ServiceDefaults.PersonalData;

/// <summary>What restricted data is read for: the purposes for which it is kept.</summary>
public enum RestrictedPurpose
{
    /// <summary>诉讼、仲裁、调查等程序: a proceeding that a hold serves.</summary>
    Proceeding,

    /// <summary>法律、行政法规规定的义务: a duty of the law, for which it is kept.</summary>
    LegalDuty,

    /// <summary>合规审计: the district's own audit of how it is kept.</summary>
    ComplianceAudit,
}

/// <summary>Why somebody reads what is restricted.</summary>
/// <param name="Purpose">What for; stands in the audit.</param>
public sealed record RestrictedRead(RestrictedPurpose Purpose);

/// <summary>
/// Shows what a service keeps of a child only because law or a hold does (ARC-10): to those who decide for the whole district, for a stated
/// purpose, in the audit. The same in every service that seals what it keeps of children.
/// </summary>
public static class ReadRestricted
{
    /// <summary>Maps it below the service's address.</summary>
    public static void MapReadRestricted(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/restricted-reads", ReadAsync)
            .WithName("ReadRestrictedData")
            .WithSummary("All that is restricted of a child here, as JSON; logged with its purpose.")
            .Command(Permission.PersonalDataDecide).Sensitive().SeesRestricted();

    /// <summary>Whether the caller decides for the whole district.</summary>
    public static bool DecidesFor(this Caller caller, Guid district)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.ScopeOf(Permission.PersonalDataDecide).Districts.Contains(district);
    }

    private static async Task<Results<FileContentHttpResult, Problem>> ReadAsync(
        Guid districtId, Guid studentId, RestrictedRead read, ServiceDb db, KeyVault vault, ServiceName service, CurrentCaller current,
        AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        var tables = new PersonalDataTables((NpgsqlConnection)db.Database.GetDbConnection(), db, vault);
        if (!current.Caller.DecidesFor(districtId)
            || await tables.ReadRestrictedAsync(service.Value, districtId, studentId, cancel) is not { } document)
        {
            return (Problem)Failures.NotFound;
        }

        audit.About("restricted-data", studentId, districtId, null, read.Purpose.ToString());
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(document, "application/json");
    }
}
