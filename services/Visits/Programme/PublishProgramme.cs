using System.Globalization;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Programme;

/// <summary>The programme in force at a school in a term.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="TermId">The term.</param>
/// <param name="Version">Send it back in <c>If-Match</c>; 0 while none is published and the policy's quotas hold.</param>
/// <param name="PublishedAt">When; <see langword="null"/> while none is.</param>
/// <param name="Content">What it says.</param>
public sealed record ProgrammeBody(Guid SchoolId, Guid TermId, long Version, DateTimeOffset? PublishedAt, ProgrammeContent Content);

/// <summary>Publishes, shows and prints a school's visit programme (VIS-19).</summary>
internal static class PublishProgramme
{
    private const int LongestTitle = 100;
    private const int MostQuotas = 10;
    private const int MostThemes = 10;
    private const int LongestTheme = 100;
    private const int MostPhases = 10;
    private const int LongestPhase = 60;
    private const int MostPrompts = 20;
    private const int LongestPrompt = 200;
    private const int Everybody = 100;

    public static void MapProgramme(this IEndpointRouteBuilder api)
    {
        api.MapGet("/programmes/{schoolId:guid}/{termId:guid}", ReadAsync)
            .WithName("ReadVisitProgramme")
            .WithSummary("A school's visit programme for a term, the newest version or the one asked for.")
            .Query(Permission.VisitRead);
        api.MapPut("/programmes/{schoolId:guid}/{termId:guid}", PublishAsync)
            .WithName("PublishVisitProgramme")
            .WithSummary("Publishes a new version; what is due at the school follows its quotas.")
            .Command(Permission.VisitSupervise);
        api.MapGet("/programmes/{schoolId:guid}/{termId:guid}/sheet", PrintAsync)
            .WithName("PrintVisitProgramme")
            .WithSummary("The programme on A4, with room for signature and seal.")
            .Query(Permission.VisitRead);
        api.MapGet("/classes/{classId:guid}/programme", ReadOfClassAsync)
            .WithName("ReadClassProgramme")
            .WithSummary("The programme that a class's plan inherits; without termId, of the term under way.")
            .Query(Permission.WorkListRead);
    }

    /// <summary>
    /// The programme in force at a school in a term, or the policy's quotas where none is published. It is what plans go by.
    /// </summary>
    internal static async Task<ProgrammeBody> ProgrammeOfAsync(
        this VisitsDb db, Guid district, Guid school, Term term, CancellationToken cancel)
    {
        if (await db.NewestProgrammeAsync(school, term.Id, null, cancel) is { } published)
            return BodyOf(published);
        var policies = await db.Policies.AsNoTracking().Where(p => p.NodeId == school || p.NodeId == district).ToListAsync(cancel);
        return new ProgrammeBody(
            school, term.Id, 0, null, ProgrammeContent.Default(Policy.InForce(district, school, policies).WorkList, term));
    }

    private static async Task<Results<Ok<ProgrammeBody>, Problem>> ReadAsync(
        Guid schoolId, Guid termId, VisitsDb db, CurrentCaller current, HttpContext http, CancellationToken cancel, long? version = null)
    {
        if (await FindAsync(db, current, Permission.VisitRead, schoolId, termId, cancel) is not var (district, term))
            return (Problem)Failures.NotFound;
        if (version is not null)
        {
            return await db.NewestProgrammeAsync(schoolId, termId, version, cancel) is { } asked
                ? TypedResults.Ok(BodyOf(asked))
                : (Problem)Failures.NotFound;
        }

        var programme = await db.ProgrammeOfAsync(district, schoolId, term, cancel);
        ETag.Set(http, programme.Version);
        return TypedResults.Ok(programme);
    }

    private static async Task<Results<Ok<ProgrammeBody>, Problem>> ReadOfClassAsync(
        Guid classId, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel, Guid? termId = null)
    {
        var grants = current.Caller.With(Permission.WorkListRead).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).ToArray();
        var found = await db.Set<SchoolClass>().AsNoTracking()
            .SingleOrDefaultAsync(c => c.ClassId == classId && c.WithdrawnOn == null && schools.Contains(c.SchoolId), cancel);
        if (found is null || !Array.Exists(grants, g => g.SchoolId == found.SchoolId && (g.ClassId ?? classId) == classId))
            return (Problem)Failures.NotFound;
        var terms = await db.Set<Term>().AsNoTracking().Where(t => t.DistrictId == found.DistrictId).ToListAsync(cancel);
        var today = await db.TodayAtAsync(found.DistrictId, found.SchoolId, clock.GetUtcNow(), cancel);
        if ((termId is null ? Term.Of(today, terms) : terms.Find(t => t.Id == termId && t.WithdrawnOn is null)) is not { } term)
            return termId is null ? (Problem)VisitsFailures.NoTerm : (Problem)Failures.NotFound;
        return TypedResults.Ok(await db.ProgrammeOfAsync(found.DistrictId, found.SchoolId, term, cancel));
    }

    private static async Task<Results<NoContent, Problem>> PublishAsync(
        Guid schoolId, Guid termId, ProgrammeContent content, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current, Permission.VisitSupervise, schoolId, termId, cancel) is not var (district, term))
            return (Problem)Failures.NotFound;
        var (written, invalid) = Checked(content, term);
        if (invalid is not null)
            return invalid;
        var newest = await db.NewestProgrammeAsync(schoolId, termId, null, cancel);
        if (ETag.Mismatch(http, newest?.Version ?? 0) is { } stale)
            return (Problem)stale;

        var programme = db.Add(new VisitProgramme
        {
            SchoolId = schoolId,
            TermId = termId,
            Version = (newest?.Version ?? 0) + 1,
            DistrictId = district,
            AuthorId = current.Caller.With(Permission.VisitSupervise).First(grant => grant.SchoolId == schoolId).PersonId,
            PublishedAt = clock.GetUtcNow(),
            Content = written,
        }).Entity;
        db.Add(new WorkMark { DistrictId = district, SchoolId = schoolId });
        db.Publish(new QuotasSet(
            district, schoolId, schoolId, programme.Version, programme.PublishedAt, termId,
            [.. written.Quotas.Select(quota => new VisitQuota(quota.Week, quota.SharePercent))]));
        audit.About("visit-programme", termId, district, schoolId);
        ETag.Set(http, programme.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<ProgrammeSheet, Problem>> PrintAsync(
        Guid schoolId, Guid termId, VisitsDb db, CurrentCaller current, CancellationToken cancel, long? version = null)
    {
        if (await FindAsync(db, current, Permission.VisitRead, schoolId, termId, cancel) is not var (_, term)
            || await db.NewestProgrammeAsync(schoolId, termId, version, cancel) is not { } programme)
        {
            return (Problem)Failures.NotFound;
        }

        return new ProgrammeSheet(programme, term, await db.ZoneAtAsync(programme.DistrictId, schoolId, cancel));
    }

    private static async Task<(Guid District, Term Term)?> FindAsync(
        VisitsDb db, CurrentCaller current, Permission permission, Guid school, Guid term, CancellationToken cancel)
    {
        if (await ChangePolicy.FindAsync(school, permission, db, current, cancel) is not { SchoolId: not null } place)
            return null;
        var found = await db.Set<Term>().AsNoTracking()
            .SingleOrDefaultAsync(t => t.Id == term && t.DistrictId == place.DistrictId && t.WithdrawnOn == null, cancel);
        return found is null ? null : (place.DistrictId, found);
    }

    private static Task<VisitProgramme?> NewestProgrammeAsync(
        this VisitsDb db, Guid school, Guid term, long? version, CancellationToken cancel) => db.Set<VisitProgramme>().AsNoTracking()
        .Where(p => p.SchoolId == school && p.TermId == term && (version == null || p.Version == version))
        .OrderByDescending(p => p.Version).FirstOrDefaultAsync(cancel);

    private static ProgrammeBody BodyOf(VisitProgramme programme) =>
        new(programme.SchoolId, programme.TermId, programme.Version, programme.PublishedAt, programme.Content);

    private static (ProgrammeContent Written, Problem? Invalid) Checked(ProgrammeContent content, Term term)
    {
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", content.Title, LongestTitle);
        var quotas = content.Quotas;
        var grows = quotas.Zip(quotas.Skip(1), (a, b) => a.Week < b.Week && a.SharePercent <= b.SharePercent).All(step => step);
        if (quotas.Count is 0 or > MostQuotas)
            mistakes.Add(Failures.List.At("quotas", 1, MostQuotas));
        else if (!grows || quotas[0].Week < 1 || quotas[0].SharePercent < 0 || quotas[^1].Week > term.TeachingWeeks
            || quotas[^1].SharePercent != Everybody)
            mistakes.Add(ProgrammeFailures.Quotas.At("quotas"));
        var themes = mistakes.Texts("themes", content.Themes, MostThemes, LongestTheme);
        var prompts = mistakes.Texts("prompts", content.Prompts, MostPrompts, LongestPrompt);
        if (content.Phases.Count > MostPhases)
            mistakes.Add(Failures.List.At("phases", 0, MostPhases));
        List<ProgrammePhase> phases = [];
        foreach (var (phase, i) in content.Phases.Take(MostPhases).Select((phase, i) => (phase, i)))
        {
            phases.Add(phase with { Name = mistakes.Text($"phases[{i}].name", phase.Name, LongestPhase) });
            if (phase.From < term.StartsOn || phase.To > term.EndsOn || phase.To < phase.From)
                mistakes.Add(ProgrammeFailures.Phase.At($"phases[{i}].to", Text(term.StartsOn), Text(term.EndsOn)));
        }

        return (new ProgrammeContent(title, quotas, themes, phases, prompts), mistakes.Refusal);

        static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
