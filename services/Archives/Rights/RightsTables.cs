using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace HomeSchool.Archives.Rights;

/// <summary>The tables of requests about a child's data.</summary>
internal static class RightsTables
{
    /// <summary>The constraint by which the same is not asked for twice at a time.</summary>
    public const string AskedOnce = "personal_data_request_once";

    /// <summary>The constraint by which a child has one hold at a time.</summary>
    public const string HeldOnce = "legal_hold_once";

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<PersonalDataRequest>(request =>
        {
            request.HasKey(r => new { r.DistrictId, r.Id });
            request.HasIndex(r => new { r.SchoolId, r.Id });
            request.HasIndex(r => new { r.DistrictId, r.StudentId, r.GuardianId, r.Matter }).IsUnique()
                .AreNullsDistinct(false).HasFilter("state = 'Asked' OR state = 'Running' AND (matter = 'Copy' OR guardian_id IS NOT NULL)").HasDatabaseName(AskedOnce);
            request.Ignore(r => r.IsOfDailyWork);
            request.Property(r => r.Matter).HasConversion<string>();
            request.Property(r => r.State).HasConversion<string>();
            request.Property(r => r.Refusal).HasConversion<string>();
            request.PrimitiveCollection(r => r.Kinds).ElementType(kind => kind.HasConversion<string>());
            request.Property(r => r.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<PersonalDataReply>(reply =>
        {
            reply.HasKey(r => new { r.DistrictId, r.RequestId, r.Service });
            reply.HasOne<PersonalDataRequest>().WithMany().HasForeignKey(r => new { r.DistrictId, r.RequestId });
            Json(reply.Property(r => r.Tables));
            Json(reply.Property(r => r.Kept));
        });
        modelBuilder.Entity<PersonalDataPiece>(piece =>
        {
            piece.ToTable("personal_data_part").HasKey(p => new { p.DistrictId, p.Id });
            piece.HasIndex(p => new { p.DistrictId, p.RequestId, p.Service, p.RunId, p.Number }).IsUnique();
        });
        modelBuilder.Entity<LegalHold>(hold =>
        {
            hold.HasKey(h => new { h.DistrictId, h.Id });
            hold.HasIndex(h => new { h.DistrictId, h.StudentId }).IsUnique().HasFilter("lifted_at IS NULL").HasDatabaseName(HeldOnce);
        });
        modelBuilder.Entity<Consent>(consent =>
        {
            consent.HasKey(c => new { c.DistrictId, c.StudentId, c.Number });
            consent.Property(c => c.Way).HasConversion<string>();
        });
        modelBuilder.Entity<CorrectionRequest>(correction =>
        {
            correction.HasKey(c => new { c.DistrictId, c.Id });
            correction.HasIndex(c => new { c.DistrictId, c.StudentId, c.Id });
            correction.HasIndex(c => new { c.SchoolId, c.Id }).HasFilter("state = 'Asked'");
            correction.Property(c => c.Field).HasConversion<string>();
            correction.Property(c => c.State).HasConversion<string>();
            correction.Property(c => c.Refusal).HasConversion<string>();
            correction.Property(c => c.Version).IsConcurrencyToken();
            correction.Ignore(c => c.CorrectedIn);
        });
        modelBuilder.Entity<ConsentPolicy>(policy =>
        {
            policy.HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            Json(policy.Property(p => p.Settings));
        });
        modelBuilder.Entity<RetentionPolicy>(policy =>
        {
            policy.HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            Json(policy.Property(p => p.Settings));
        });
        modelBuilder.Entity<RetentionTurn>().HasKey(turn => turn.DistrictId);
        modelBuilder.Entity<PersonalDataPolicy>(policy =>
        {
            policy.HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            Json(policy.Property(p => p.Settings));
        });
    }

    private static void Json<T>(PropertyBuilder<T> property) => property.HasColumnType("jsonb").HasConversion(
        value => JsonSerializer.Serialize(value, ServiceDefaults.Hosting.Json.Options),
        text => JsonSerializer.Deserialize<T>(text, ServiceDefaults.Hosting.Json.Options)!);
}
