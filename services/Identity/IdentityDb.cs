using HomeSchool.Identity.Clients;
using HomeSchool.Identity.External;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// Identity's database. What has a tenant is under row-level security; <c>account</c>, <c>session</c>, <c>second_factor</c>,
/// <c>client</c>, <c>signing_key</c>, <c>first_admin_link</c> and what is kept for sign-in by a provider are not, because they are
/// asked before anybody's tenant is known. Who signs in or holds a code sees beside the tenant's rows the own ones:
/// <see cref="ShowGrantsOfAsync"/>, <see cref="ShowInvitationAsync"/>.
/// </summary>
public sealed class IdentityDb(DbContextOptions<IdentityDb> options) : ServiceDb(options)
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals { get; } =
        new Dictionary<string, Failure>(StringComparer.Ordinal)
        {
            ["account_user_name"] = IdentityFailures.UserNameTaken,
            ["role_grant_once"] = IdentityFailures.RoleHeld,
            ["external_identity_once"] = IdentityFailures.ProviderIdentityTaken,
        };

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => IdentityPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Rows =
        [
            // Who has roles in several districts leaves with each; where the second arrives, the account is there.
            new DistrictRows("account", "t.id IN (SELECT account_id FROM role_grant WHERE district_id = $1)", Shared: true),
        ],
        Own =
        [
            // Another one's name is not taken over: whose it is there signs in with it, and is invited to the roles.
            new OwnColumn("account", "user_name", NameOrOther, Leaves: true),
            new OwnColumn("account", "district_id", "$1"),
            new OwnColumn("account", "password_hash", "''"), // no password fits: see AcceptInvitation
            new OwnColumn("account", "failed_sign_ins", "0"),
            new OwnColumn("account", "locked_until", "NULL"),
            new OwnColumn("account", "permission_version", "1"),
            new OwnColumn("account", "revoked_version", "0"),
            new OwnColumn("account", "revoked_at", "NULL"),
            new OwnColumn("invitation", "code_hash", "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"),
        ],
        Staying =
        [
            new StayingTable("session", "sign-ins to this installation"),
            new StayingTable("second_factor", "a secret under this installation's keys: enrolled anew"),
            new StayingTable("client", "programs with secrets of this installation: registered anew"),
            new StayingTable("external_identity", "links to this installation's providers"),
            new StayingTable("external_sign_in", "sign-ins to this installation"),
            new StayingTable("logout_token", "sign-outs of this installation"),
            new StayingTable("signing_key", "a secret of this installation"),
            new StayingTable("first_admin_link", "a secret of this installation"),
        ],
    };

    private const string NameOrOther =
        "CASE WHEN EXISTS (SELECT FROM account x WHERE x.user_name = r.user_name AND x.id <> r.id) "
        + "THEN r.user_name || '#' || r.id ELSE r.user_name END";

    /// <summary>Lets the rest of the transaction see the roles of one account, whatever its districts.</summary>
    public Task ShowGrantsOfAsync(Guid account, CancellationToken cancel) =>
        Database.ExecuteSqlAsync($"SELECT set_config('app.account', {account.ToString()}, true)", cancel);

    /// <summary>Lets the transaction see what belongs to one school, until it is told <see langword="null"/>.</summary>
    public Task ShowSchoolAsync(Guid? school, CancellationToken cancel)
    {
        var schools = school is { } id ? $"{{{id}}}" : "";
        return Database.ExecuteSqlAsync($"SELECT set_config('app.schools', {schools}, true)", cancel);
    }

    /// <summary>Lets the rest of the transaction see the invitation whose code hashes to <paramref name="codeHash"/>.</summary>
    public Task ShowInvitationAsync(byte[] codeHash, CancellationToken cancel) =>
        Database.ExecuteSqlAsync($"SELECT set_config('app.invitation', {Convert.ToHexString(codeHash)}, true)", cancel);

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        modelBuilder.Entity<Account>(account =>
        {
            account.HasIndex(a => a.UserName).IsUnique().HasDatabaseName("account_user_name");
            account.Property(a => a.Language).HasConversion<string>();
            account.HasIndex(a => a.RevokedAt).HasFilter("revoked_at IS NOT NULL");
        });
        modelBuilder.Entity<RoleGrant>(grant =>
        {
            grant.HasOne<Account>().WithMany().HasForeignKey(g => g.AccountId);
            grant.HasIndex(g => new { g.AccountId, g.Role, g.PersonId, g.DistrictId, g.SchoolId, g.ClassId, g.StudentId })
                .IsUnique().AreNullsDistinct(false).HasFilter("withdrawn_at IS NULL").HasDatabaseName("role_grant_once");
            grant.Property(g => g.Role).HasConversion<string>();
            grant.HasIndex(g => new { g.SchoolId, g.PersonId });
            grant.HasIndex(g => g.StudentId);
        });
        modelBuilder.Entity<Session>(session =>
        {
            session.HasOne<Account>().WithMany().HasForeignKey(s => s.AccountId);
            session.HasIndex(s => s.FamilyHash).IsUnique();
            session.HasIndex(s => s.AccountId);
            session.HasIndex(s => s.EndedAt).HasFilter("ended_at IS NOT NULL");
            session.HasIndex(s => s.ExternalIdentityId).HasFilter("external_identity_id IS NOT NULL");
            session.HasIndex(s => s.ProviderSession).HasFilter("provider_session IS NOT NULL");
        });
        modelBuilder.Entity<SecondFactor>(factor =>
        {
            factor.HasKey(f => f.AccountId);
            factor.HasOne<Account>().WithOne().HasForeignKey<SecondFactor>(f => f.AccountId);
        });
        modelBuilder.Entity<Invitation>(invitation =>
        {
            invitation.HasIndex(i => i.CodeHash).IsUnique();
            invitation.HasIndex(i => new { i.SchoolId, i.Id });
            invitation.HasIndex(i => new { i.DistrictId, i.Id });
            invitation.Property(i => i.Role).HasConversion<string>();
        });
        modelBuilder.Entity<Client>(client =>
        {
            client.HasIndex(c => new { c.DistrictId, c.Id });
            client.HasIndex(c => c.RevokedAt).HasFilter("revoked_at IS NOT NULL");
        });
        modelBuilder.Entity<ExternalIdentity>(identity =>
        {
            identity.HasOne<Account>().WithMany().HasForeignKey(i => i.AccountId);
            identity.HasIndex(i => new { i.Provider, i.Subject }).IsUnique().HasDatabaseName("external_identity_once");
        });
        modelBuilder.Entity<ExternalSignIn>(signIn =>
        {
            signIn.HasKey(s => s.CodeHash);
            signIn.HasIndex(s => s.ExpiresAt);
        });
        modelBuilder.Entity<LogoutToken>(token =>
        {
            token.HasKey(t => new { t.Provider, t.IdHash });
            token.HasIndex(t => t.ReceivedAt);
        });
        modelBuilder.Entity<FirstAdminLink>().Property(link => link.Id).ValueGeneratedNever();
        modelBuilder.Entity<SigningKey>().HasKey(key => key.Kid);

        modelBuilder.Entity<KnownSchool>().HasKey(s => s.SchoolId);
        modelBuilder.Entity<KnownClass>().HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<KnownEnrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.EnrolmentId });
            enrolment.HasIndex(e => e.StudentId);
        });
        modelBuilder.Entity<KnownPost>(post =>
        {
            post.HasKey(p => new { p.SchoolId, p.PostId });
            post.HasIndex(p => new { p.SchoolId, p.StaffId });
        });
        modelBuilder.Entity<KnownGuardianship>().HasKey(g => new { g.DistrictId, g.StudentId, g.GuardianId });
        modelBuilder.Entity<KnownGuardianRight>().HasKey(r => new { r.DistrictId, r.StudentId, r.GuardianId });

        NameInSnakeCase(modelBuilder);
    }
}
