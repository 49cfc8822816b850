using HomeSchool.Contracts;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Inviting a member of staff to a role, or a guardian to the account for a child.</summary>
internal static class InviteFeature
{
    public static void MapInvite(this IEndpointRouteBuilder api) => api.MapPost("/invitations", InviteAsync)
        .Command(Permission.AccountInvite).WithName("Invite").WithTags("Invitations")
        .WithSummary("邀请教职工或监护人 / Invite staff or a guardian")
        .WithDescription(
            "Answers with a one-time code, its link and the link's QR code (SVG), to be handed over; they are shown this once, "
            + "and not when an Idempotency-Key is repeated. "
            + $"The code is good for {Invitation.Lifetime.TotalDays:0} days. Needed beside the role: schoolId for roles at a "
            + "school; classId for teachers; personId (staff or guardian of the roster) for all but administrators; studentId "
            + "for guardians.");

    private static async Task<Results<Created<Invited>, Problem>> InviteAsync(
        Invite request, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, PublicAddress address,
        HttpContext http, CancellationToken cancel)
    {
        var inviters = current.Caller.With(Permission.AccountInvite)
            .Where(grant => Inviting.RolesOf(grant.Role).Contains(request.Role)).ToArray();
        if (inviters.Length == 0)
            return (Problem)IdentityFailures.MayNotInvite;
        if (Inviting.Mistakes(request) is { Count: > 0 } mistakes)
            return Problem.Of(mistakes);

        var now = clock.GetUtcNow();
        // The day in UTC: who leaves a school in Shanghai can be invited for some hours more, and nobody too early not yet.
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var (role, refusal) = request.Role switch
        {
            Role.DistrictAdmin => (new Grant(Role.DistrictAdmin, null, inviters[0].DistrictId, null, null, null), null),
            Role.Guardian => await FindGuardianAsync(request, inviters, db, today, cancel),
            _ => await FindStaffAsync(request, inviters, db, today, cancel),
        };
        if (role is null)
            return refusal!;

        var (invitation, code) = Invitation.To(role, current.Caller.AccountId!.Value, now);
        db.Add(invitation);
        audit.About("invitation", invitation.Id, invitation.DistrictId, invitation.SchoolId);
        http.Response.Headers.CacheControl = "no-store";
        var link = address.Of($"/api/identity/invitations/accept?code={code}");
        return TypedResults.Created(
            (string?)null, new Invited(invitation.Id, code, link, QrCode.Of(link), invitation.ExpiresAt));
    }

    private static async Task<(Grant? Role, Problem? Refusal)> FindStaffAsync(
        Invite request, Grant[] inviters, IdentityDb db, DateOnly today, CancellationToken cancel)
    {
        var school = await db.Set<KnownSchool>().AsNoTracking().SingleOrDefaultAsync(
            s => s.SchoolId == request.SchoolId && (s.WithdrawnOn == null || s.WithdrawnOn > today), cancel);
        var role = school is null ? null : new Grant(
            request.Role, request.PersonId, school.DistrictId, school.SchoolId, request.ClassId, null);
        if (role is null || !inviters.Any(inviter => Inviting.Allows(inviter, role, null)))
            return (null, IdentityFailures.SchoolUnknown);
        if (request.ClassId is not null && !await db.Set<KnownClass>().AnyAsync(
            c => c.SchoolId == role.SchoolId && c.ClassId == role.ClassId && (c.WithdrawnOn == null || c.WithdrawnOn > today),
            cancel))
        {
            return (null, IdentityFailures.ClassUnknown);
        }

        return request.PersonId is not null && !await db.Set<KnownPost>().AnyAsync(
            p => p.SchoolId == role.SchoolId && p.StaffId == role.PersonId && (p.EndsOn == null || p.EndsOn >= today), cancel)
            ? (null, IdentityFailures.StaffUnknown)
            : (role, null);
    }

    private static async Task<(Grant? Role, Problem? Refusal)> FindGuardianAsync(
        Invite request, Grant[] inviters, IdentityDb db, DateOnly today, CancellationToken cancel)
    {
        // Also an enrolment that is still to begin: families of new students are invited before the term.
        var enrolments = await db.Set<KnownEnrolment>().AsNoTracking()
            .Where(e => e.StudentId == request.StudentId && (request.SchoolId == null || e.SchoolId == request.SchoolId)
                && (e.EndsOn == null || e.EndsOn >= today))
            .OrderBy(e => e.StartsOn)
            .ToListAsync(cancel);
        var role = enrolments
            .Select(e => (e.ClassId, Role: new Grant(
                Role.Guardian, request.PersonId, e.DistrictId, e.SchoolId, null, request.StudentId)))
            .FirstOrDefault(found => inviters.Any(inviter => Inviting.Allows(inviter, found.Role, found.ClassId))).Role;
        if (role is null)
            return (null, IdentityFailures.StudentUnknown);
        return await db.Set<KnownGuardianship>().AnyAsync(
            g => g.DistrictId == role.DistrictId && g.StudentId == role.StudentId && g.GuardianId == role.PersonId
                && (g.WithdrawnOn == null || g.WithdrawnOn > today), cancel)
            && !await db.IsHiddenAsync(role.StudentId!.Value, role.PersonId!.Value, cancel)
            ? (role, null)
            : (null, IdentityFailures.GuardianUnknown);
    }
}

/// <summary>Whom to invite as what.</summary>
/// <param name="Role">The role.</param>
/// <param name="SchoolId">The school of a role at a school or class; of a guardian's child only when it is in two.</param>
/// <param name="ClassId">The class of a homeroom or subject teacher.</param>
/// <param name="PersonId">The staff member or guardian of the roster.</param>
/// <param name="StudentId">The guardian's child.</param>
public sealed record Invite(
    Role Role, Guid? SchoolId = null, Guid? ClassId = null, Guid? PersonId = null, Guid? StudentId = null);

/// <summary>An invitation to hand over.</summary>
/// <param name="Id">The invitation.</param>
/// <param name="Code">Shown this once.</param>
/// <param name="Link">Where the code is accepted.</param>
/// <param name="QrCode">The link as an SVG image.</param>
/// <param name="ExpiresAt">The code is good until then.</param>
public sealed record Invited(Guid Id, string Code, string Link, string QrCode, DateTimeOffset ExpiresAt);
