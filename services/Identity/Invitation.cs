using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Identity;

/// <summary>
/// A role that waits for its person: who shows the code gets it, once (ALL-1). There is no other way to a role, but for the
/// first administrator's link.
/// </summary>
public sealed class Invitation
{
    /// <summary>How long a code is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <summary>The invitation.</summary>
    public Guid Id { get; init; }

    /// <summary>The role.</summary>
    public Role Role { get; init; }

    /// <summary>The staff member or guardian of the roster that it is for.</summary>
    public Guid? PersonId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for a role at the district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The class, for a role at a class.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The child, for a guardian.</summary>
    public Guid? StudentId { get; init; }

    /// <summary>SHA-256 of the code.</summary>
    public required byte[] CodeHash { get; init; }

    /// <summary>The account that invites; all zeros for an operator on the server.</summary>
    public Guid CreatedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The code is good until then.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset? UsedAt { get; private set; }

    /// <summary>The account that has the role from it.</summary>
    public Guid? UsedBy { get; private set; }

    /// <summary>When somebody took it back; its code is unknown from then on.</summary>
    public DateTimeOffset? WithdrawnAt { get; private set; }

    /// <summary>Makes an invitation.</summary>
    /// <returns>The invitation and its code, which is known to nobody afterwards.</returns>
    public static (Invitation Invitation, string Code) To(Grant role, Guid createdBy, DateTimeOffset now)
    {
        var code = Secrets.NewCode();
        var invitation = new Invitation
        {
            Id = Guid.CreateVersion7(now),
            Role = role.Role,
            PersonId = role.PersonId,
            DistrictId = role.DistrictId,
            SchoolId = role.SchoolId,
            ClassId = role.ClassId,
            StudentId = role.StudentId,
            CodeHash = Secrets.HashOfCode(code),
            CreatedBy = createdBy,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
        };
        return (invitation, code);
    }

    /// <summary>Uses it for an account.</summary>
    /// <returns>Why it cannot be used; <see langword="null"/> when it now is.</returns>
    public Failure? Use(Guid account, DateTimeOffset now)
    {
        if (UsedAt is not null)
            return IdentityFailures.CodeUsed;
        if (ExpiresAt <= now)
            return IdentityFailures.CodeExpired;
        (UsedAt, UsedBy) = (now, account);
        return null;
    }

    /// <summary>Takes it back.</summary>
    /// <returns>Why it cannot be taken back; <see langword="null"/> when it now is.</returns>
    public Failure? Withdraw(DateTimeOffset now)
    {
        if (UsedAt is not null)
            return IdentityFailures.InvitationUsed;
        WithdrawnAt = now;
        return null;
    }

    /// <summary>The role that it carries.</summary>
    public Grant ToGrant() => new(Role, PersonId, DistrictId, SchoolId, ClassId, StudentId);
}
