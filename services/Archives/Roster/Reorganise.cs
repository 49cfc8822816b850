using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Schools merge, split and close (ALL-10). All of it by the ids of the system that exports the roster, which must say the same from
/// then on, or the next upload undoes it.
/// </summary>
/// <param name="NewSchools">Schools that begin.</param>
/// <param name="Moves">Classes that go to another school, with everybody in them.</param>
/// <param name="Closes">Schools that end; whoever is not moved is then at no school.</param>
public sealed record Reorganisation(
    IReadOnlyList<NewSchool>? NewSchools = null, IReadOnlyList<SchoolMove>? Moves = null, IReadOnlyList<string>? Closes = null);

/// <summary>A school that begins.</summary>
/// <param name="SourceId">Its id in the system that exports the roster.</param>
/// <param name="Name">Its name, 1–255 characters.</param>
/// <param name="Code">学校标识码.</param>
public sealed record NewSchool(string SourceId, string Name, string? Code = null);

/// <summary>What goes from one school to another.</summary>
/// <param name="From">The school that is left.</param>
/// <param name="To">The school they come to; it may be one of the new ones.</param>
/// <param name="Classes">The classes; all, students without a class and the whole staff, when missing.</param>
public sealed record SchoolMove(string From, string To, IReadOnlyList<string>? Classes = null);

/// <summary>
/// Shows what a reorganisation of schools would change, as an upload does (ARC-2): it waits like one to be confirmed or cancelled. A merger
/// moves all of one school and closes it; a split moves some classes to a new school.
/// </summary>
internal static class Reorganise
{
    private const int MostEntries = 1_000;

    public static void MapReorganise(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/reorganisations", HandleAsync)
            .WithName("Reorganise")
            .WithSummary("Merge, split or close schools: a dry run; confirm or cancel it as an import.")
            .Command(Permission.RosterImport);

    private static async Task<Results<Created<ImportBody>, Problem>> HandleAsync(
        Guid districtId, Reorganisation request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        IOptions<RosterLimits> limits, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.ScopeOf(Permission.RosterImport).Districts.Contains(districtId))
            return (Problem)Failures.NotFound;
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var version = await RosterCheck.LockAsync(connection, districtId, cancel);
        var mistakes = new Mistakes();
        var plan = await PlanAsync(db, districtId, request, mistakes, cancel);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        await RosterImport.SupersedeAsync(db, districtId, clock, cancel);
        var (import, today) = (Guid.CreateVersion7(), LocalDay.Today(clock));
        await StageAsync(connection, plan, cancel);
        var sql = RosterCheck.Fill(await RosterCheck.SqlAsync("Reorganise.sql", cancel), districtId, version + 1, today);
        await using (var compare = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 })
            await compare.ExecuteNonQueryAsync(cancel);
        var (changes, losses) = await RosterCheck.KeepChangesAsync(connection, db.Model, districtId, import, today, cancel);
        var row = new RosterImport
        {
            DistrictId = districtId,
            Id = import,
            BaseVersion = version,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = current.Caller.Name,
            Report = new RosterReport([], changes, 0, 0, [], losses) { Moves = plan.Classes },
        };
        db.Add(row);
        audit.About("reorganisation", import, districtId, null);
        return TypedResults.Created($"/api/archives/districts/{districtId}/imports/{import}", ImportBody.Of(row, limits.Value, http));
    }

    private static async Task<Plan> PlanAsync(
        ArchivesDb db, Guid district, Reorganisation request, Mistakes mistakes, CancellationToken cancel)
    {
        var (begin, moves, closes) = (request.NewSchools ?? [], request.Moves ?? [], request.Closes ?? []);
        if (begin.Count + moves.Count + closes.Count is 0 or > MostEntries)
        {
            mistakes.Add(Failures.List.At("moves", 1, MostEntries));
            return new Plan([], [], [], []);
        }

        var stored = await db.Set<School>().AsNoTracking().Where(school => school.DistrictId == district).ToListAsync(cancel);
        var schools = stored.Where(school => school.WithdrawnOn is null)
            .ToDictionary(school => school.SourceId, school => school.SchoolId, StringComparer.Ordinal);
        var added = new List<School>();
        for (var i = 0; i < begin.Count; i++)
        {
            var sourceId = mistakes.Text($"newSchools[{i}].sourceId", begin[i].SourceId, RosterLine.LongestId);
            var name = mistakes.Text($"newSchools[{i}].name", begin[i].Name, 255);
            var code = mistakes.OptionalText($"newSchools[{i}].code", begin[i].Code, 100);
            var id = Guid.CreateVersion7();
            if (stored.Exists(school => school.SourceId == sourceId) || !schools.TryAdd(sourceId, id))
                mistakes.Add(ArchivesFailures.SchoolExists.At($"newSchools[{i}].sourceId"));
            added.Add(new School { SchoolId = id, DistrictId = district, SourceId = sourceId, Name = name, Code = code });
        }

        var closed = closes.Select((sourceId, i) => Find($"closes[{i}]", sourceId)).OfType<Guid>().ToHashSet();
        var classes = (await db.Set<Class>().AsNoTracking().Where(row => row.DistrictId == district).ToListAsync(cancel))
            .ToLookup(row => row.SchoolId);
        var (movedClasses, movedSchools) = (new List<MovedClass>(), new List<(Guid From, Guid To)>());
        for (var i = 0; i < moves.Count; i++)
        {
            if (Find($"moves[{i}].from", moves[i].From) is not { } from || Find($"moves[{i}].to", moves[i].To) is not { } to)
                continue;
            if (from == to || closed.Contains(to))
            {
                mistakes.Add(ArchivesFailures.NoPlaceToGo.At($"moves[{i}].to"));
                continue;
            }

            var there = classes[from].Where(row => row.WithdrawnOn is null).ToDictionary(row => row.SourceId, StringComparer.Ordinal);
            var wanted = moves[i].Classes ?? [.. there.Keys];
            for (var j = 0; j < wanted.Count; j++)
            {
                var field = $"moves[{i}].classes[{j}]";
                if (!there.TryGetValue(wanted[j] ?? "", out var leaving))
                    mistakes.Add(ArchivesFailures.NotThere.At(field));
                else if (movedClasses.Exists(move => move.FromClassId == leaving.Id))
                    mistakes.Add(ArchivesFailures.MovesTwice.At(field));
                else if (classes[to].FirstOrDefault(row => row.SourceId == leaving.SourceId) is { WithdrawnOn: null })
                    mistakes.Add(ArchivesFailures.ClassExists.At(field));
                else
                {
                    var known = classes[to].FirstOrDefault(row => row.SourceId == leaving.SourceId)?.Id;
                    movedClasses.Add(new MovedClass(from, leaving.Id, to, known ?? Guid.CreateVersion7()));
                }
            }

            if (moves[i].Classes is not null)
                continue;
            if (movedSchools.Exists(move => move.From == from))
                mistakes.Add(ArchivesFailures.MovesTwice.At($"moves[{i}].from"));
            movedSchools.Add((from, to));
        }

        return new Plan(added, movedClasses, movedSchools, [.. closed]);

        Guid? Find(string field, string? sourceId)
        {
            if (schools.TryGetValue(sourceId ?? "", out var school))
                return school;
            mistakes.Add(ArchivesFailures.NotThere.At(field));
            return null;
        }
    }

    private static async Task StageAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Table("added_school (school_id, source_id, name, code)", "$1::uuid[], $2::text[], $3::text[], $4::text[]"),
                Table("moved_class (from_school, from_class, to_school, to_class)", "$1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]"),
                Table("moved_school (from_school, to_school)", "$1::uuid[], $2::uuid[]"),
                Table("closed_school (school_id)", "$1::uuid[]"),
            },
        };
        var (added, classes) = (plan.Added, plan.Classes);
        Give(
            0, added.ConvertAll(school => school.SchoolId), added.ConvertAll(school => school.SourceId),
            added.ConvertAll(school => school.Name), added.ConvertAll(school => school.Code));
        Give(
            1, classes.ConvertAll(move => move.FromSchoolId), classes.ConvertAll(move => move.FromClassId),
            classes.ConvertAll(move => move.ToSchoolId), classes.ConvertAll(move => move.ToClassId));
        Give(2, plan.Schools.ConvertAll(move => move.From), plan.Schools.ConvertAll(move => move.To));
        Give(3, plan.Closed);
        await batch.ExecuteNonQueryAsync(cancel);

        static NpgsqlBatchCommand Table(string table, string columns) =>
            new($"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT * FROM unnest({columns})");

        void Give(int command, params object[] columns)
        {
            foreach (var column in columns)
                batch.BatchCommands[command].Parameters.Add(new NpgsqlParameter { Value = column });
        }
    }

    private sealed record Plan(List<School> Added, List<MovedClass> Classes, List<(Guid From, Guid To)> Schools, List<Guid> Closed);
}
