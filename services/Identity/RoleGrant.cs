using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Identity;

/// <summary>A role of an account at a node of the organisation tree, at a class, or for one's own child (ALL-1).</summary>
public sealed class RoleGrant
{
    /// <summary>The grant.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose.</summary>
    public Guid AccountId { get; init; }

    /// <summary>The role.</summary>
    public Role Role { get; init; }

    /// <summary>Who the account is there: a staff member or a guardian of the roster.</summary>
    public Guid? PersonId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for a role at the district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The class, for a role at a class.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The child, for a guardian.</summary>
    public Guid? StudentId { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset HoldsFrom { get; init; }

    /// <summary>Until when, as the roster says (<see cref="Roster.RolesFollowRoster"/>); <see langword="null"/> while it is
    /// open.</summary>
    public DateTimeOffset? HoldsTo { get; init; }

    /// <summary>When somebody took it back; <see langword="null"/> while nobody did.</summary>
    public DateTimeOffset? WithdrawnAt { get; private set; }

    /// <summary>Makes a row of a role.</summary>
    public static RoleGrant Of(Guid account, Grant role, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        AccountId = account,
        Role = role.Role,
        PersonId = role.PersonId,
        DistrictId = role.DistrictId,
        SchoolId = role.SchoolId,
        ClassId = role.ClassId,
        StudentId = role.StudentId,
        HoldsFrom = now,
    };

    /// <summary>Takes the role back; the account's tokens are void from then on, see <see cref="Account.Take"/>.</summary>
    internal void Withdraw(DateTimeOffset now) => WithdrawnAt ??= now;

    /// <summary>As it stands in tokens.</summary>
    public Grant ToGrant() => new(Role, PersonId, DistrictId, SchoolId, ClassId, StudentId);
}
