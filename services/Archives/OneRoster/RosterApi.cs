using System.Globalization;
using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.OneRoster;

/// <summary>
/// OneRoster 1.2's read API (rostering, v1p2), by which other systems take the roster from here (ARC-2): schools, terms, homeroom classes,
/// students and staff, and who is in which class. What is no more is given as <c>tobedeleted</c> with the time from which it is,
/// so that who asks for what has changed since learns of it; a list has both, as the standard has it, unless its filter says
/// <c>status='active'</c>. For machine clients and those who see a school as a whole; guardians and how to reach people are not
/// in it, since RosterRead does not show them.
/// </summary>
internal static class RosterApi
{
    /// <summary>Where it begins; fixed by the standard.</summary>
    public const string Root = "/ims/oneroster/rostering/v1p2";

    private const int DefaultLimit = 100;
    private const int MaximumLimit = 1000;

    private static readonly char[] Control = [.. Enumerable.Range(0, 32).Select(c => (char)c), '\u007f'];

    public static void MapRosterApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup(Root).WithTags("OneRoster 1.2");
        foreach (var (path, resource, condition) in new (string, RosterResource, string?)[]
        {
            ("orgs", RosterResource.Orgs, null), ("schools", RosterResource.Orgs, null),
            ("academicSessions", RosterResource.AcademicSessions, null), ("terms", RosterResource.AcademicSessions, null),
            ("classes", RosterResource.Classes, null), ("users", RosterResource.Users, null),
            ("students", RosterResource.Users, RosterResource.HasRole("student")),
            ("teachers", RosterResource.Users, RosterResource.HasRole("teacher")), ("enrollments", RosterResource.Enrollments, null),
        })
        {
            var name = char.ToUpperInvariant(path[0]) + path[1..];
            Map($"/{path}", $"OneRosterList{name}", (_, http) => ListAsync(resource, condition, null, null, http));
            Map($"/{path}/{{sourcedId}}", $"OneRosterRead{name}", (id, http) => ReadAsync(resource, condition, id, http));
        }

        foreach (var (path, parent, resource, condition) in new[]
        {
            ("schools/{sourcedId}/classes", RosterResource.Orgs, RosterResource.Classes, "x.school = $4"),
            ("schools/{sourcedId}/enrollments", RosterResource.Orgs, RosterResource.Enrollments, "x.school = $4"),
            ("schools/{sourcedId}/students", RosterResource.Orgs, RosterResource.Users, RosterResource.IsAt("student", "s.source_id = $4")),
            ("schools/{sourcedId}/teachers", RosterResource.Orgs, RosterResource.Users, RosterResource.IsAt("teacher", "s.source_id = $4")),
            ("classes/{sourcedId}/students", RosterResource.Classes, RosterResource.Users, RosterResource.IsAt("student", "c.source_id = $4")),
            ("classes/{sourcedId}/teachers", RosterResource.Classes, RosterResource.Users, RosterResource.IsAt("teacher", "c.source_id = $4")),
        })
        {
            var parts = path.Split('/');
            Map($"/{path}", $"OneRosterList{char.ToUpperInvariant(parts[2][0])}{parts[2][1..]}Of{char.ToUpperInvariant(parts[0][0])}{parts[0][1..]}",
                (id, http) => ListAsync(resource, condition, parent, id, http));
        }

        void Map(string path, string name, Func<string?, HttpContext, Task<ContentHttpResult>> answer) =>
            api.MapGet(path, (Delegate)((HttpContext http) => answer((string?)http.Request.RouteValues["sourcedId"], http)))
                .WithName(name)
                .WithSummary("OneRoster 1.2: see the standard for limit, offset, sort, orderBy, filter and fields.")
                .Query(Permission.RosterRead);
    }

    private static async Task<ContentHttpResult> ListAsync(
        RosterResource resource, string? condition, RosterResource? parent, string? id, HttpContext http)
    {
        var query = http.Request.Query;
        if (!IsNumber(query["limit"], DefaultLimit, out var limit) || limit == 0 || !IsNumber(query["offset"], 0, out var offset))
            return Failed(400, "invaliddata", "limit must be a number from 1, offset one from 0");
        limit = Math.Min(limit, MaximumLimit);
        var values = Reach(http);
        if (id is not null)
        {
            if (!await ExistsAsync(parent!, id, http))
                return NotFound();
            values.Add(id);
        }

        var where = condition ?? "true";
        if (query["filter"].ToString() is { Length: > 0 } filter)
        {
            if (RosterFilter.Write(filter, resource.Fields, values, out var wanted) is { } mistake)
                return Failed(400, "invalid_filter_field", mistake);
            where += " AND " + wanted;
        }

        var order = "";
        if (query["sort"].ToString() is { Length: > 0 } sort)
        {
            if (!resource.Fields.TryGetValue(sort, out var field))
                return Failed(400, "invalid_sort_field", $"sort: unknown field {sort}");
            order = $"{field.Sql} {(query["orderBy"] == "desc" ? "DESC" : "ASC")}, ";
        }

        var joins = $"{where} {order}".Contains(RosterResource.Turns, StringComparison.Ordinal);
        var rows = $"FROM ({resource.Rows}) x {(joins ? resource.Beside : "")} WHERE {where}";
        var page = $"SELECT x.* {rows} ORDER BY {order}x.source_id, x.id LIMIT {limit} OFFSET {offset}";
        if (Fields(http, values, out var body) is { } unknown)
            return unknown;
        await using var batch = await BatchAsync(
            http, values, joins, $"SELECT count(*) {rows}", $"SELECT {Json(resource, body)} FROM ({page}) x");
        await using var reader = await ExecuteAsync(batch, http.RequestAborted);
        await reader.ReadAsync(http.RequestAborted);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(http.RequestAborted);
        var text = new StringBuilder($"{{\"{resource.Names}\":[");
        for (var count = 0; await reader.ReadAsync(http.RequestAborted); count++)
            text.Append(count == 0 ? "" : ",").Append(reader.GetString(0));
        http.Response.Headers["X-Total-Count"] = $"{total}";
        http.Response.Headers.Link = Links(http, total, limit, offset);
        return TypedResults.Content(text.Append("]}").ToString(), "application/json", Encoding.UTF8);
    }

    private static async Task<ContentHttpResult> ReadAsync(RosterResource resource, string? condition, string? id, HttpContext http)
    {
        if (id is null || id.IndexOfAny(Control) >= 0)
            return NotFound();
        var values = Reach(http);
        values.Add(id);
        if (Fields(http, values, out var body) is { } unknown)
            return unknown;
        await using var batch = await BatchAsync(
            http, values, joins: false,
            $"""
            SELECT {Json(resource, body)} FROM ({resource.Rows}) x
            WHERE x.source_id = $4 AND {condition ?? "true"} ORDER BY x.id LIMIT 1
            """);
        await using var reader = await ExecuteAsync(batch, http.RequestAborted);
        return await reader.ReadAsync(http.RequestAborted)
            ? TypedResults.Content($"{{\"{resource.Name}\":{reader.GetString(0)}}}", "application/json", Encoding.UTF8)
            : NotFound();
    }

    private static async Task<bool> ExistsAsync(RosterResource resource, string id, HttpContext http)
    {
        if (id.IndexOfAny(Control) >= 0)
            return false;
        var values = Reach(http);
        values.Add(id);
        await using var batch = await BatchAsync(
            http, values, joins: false, $"SELECT 1 FROM ({resource.Rows}) x WHERE x.source_id = $4 LIMIT 1");
        await using var reader = await ExecuteAsync(batch, http.RequestAborted);
        return await reader.ReadAsync(http.RequestAborted);
    }

    // Whoever sees one class or child only, sees nothing here: this is about schools as a whole.
    private static List<object> Reach(HttpContext http)
    {
        var grants = http.RequestServices.GetRequiredService<CurrentCaller>().Caller.With(Permission.RosterRead)
            .Where(grant => grant.ClassId is null && grant.StudentId is null).ToArray();
        return
        [
            grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).Distinct().ToArray(),
            grants.Where(grant => grant.SchoolId is not null).Select(grant => grant.SchoolId!.Value).Distinct().ToArray(),
            LocalDay.Today(http.RequestServices.GetRequiredService<TimeProvider>()),
        ];
    }

    private static async Task<NpgsqlBatch> BatchAsync(
        HttpContext http, List<object> values, bool joins, params string[] statements)
    {
        var db = http.RequestServices.GetRequiredService<ArchivesDb>();
        await db.Database.OpenConnectionAsync(http.RequestAborted);
        var batch = http.RequestServices.GetRequiredService<CurrentTenancy>().Scope.Batch((NpgsqlConnection)db.Database.GetDbConnection());
        // The conditions of row-level security look so costly that PostgreSQL would compile them: 2 s for a page of 50 ms.
        // And as if they left a few rows, so that it would join all persons with all stays in nested loops: 5 s for 15,000.
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"SELECT set_config('jit', 'off', true), set_config('enable_nestloop', '{(joins ? "off" : "on")}', true)"));
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    // The first results are of the settings.
    private static async Task<NpgsqlDataReader> ExecuteAsync(NpgsqlBatch batch, CancellationToken cancel)
    {
        var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.NextResultAsync(cancel);
        return reader;
    }

    // The row as JSON, or those of its fields that are asked for.
    private static string Json(RosterResource resource, string? only)
    {
        var body = "jsonb_strip_nulls(jsonb_build_object('sourcedId', x.source_id, 'status', x.status, "
            + $"'dateLastModified', to_char({resource.Modified} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
            + $"{resource.Body}))";
        return only is null ? $"{body}::text"
            : $"(SELECT coalesce(jsonb_object_agg(f.key, f.value), '{{}}') FROM jsonb_each({body}) f WHERE f.key = ANY ({only}))::text";
    }

    private static ContentHttpResult? Fields(HttpContext http, List<object> values, out string? only)
    {
        only = null;
        var wish = http.Request.Query["fields"].ToString();
        if (wish.Length == 0)
            return null;
        var fields = wish.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (Array.Find(fields, field => !field.All(char.IsAsciiLetter)) is { } unknown)
            return Failed(400, "invalid_selection_field", $"fields: unknown field {unknown}");
        values.Add(fields);
        only = $"${values.Count}";
        return null;
    }

    private static bool IsNumber(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return string.IsNullOrEmpty(text) || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static string Links(HttpContext http, long total, int limit, int offset)
    {
        var last = total == 0 ? 0 : (total - 1) / limit * limit;
        var links = new List<string> { At(0, "first"), At(last, "last") };
        if (offset + (long)limit < total)
            links.Add(At(offset + limit, "next"));
        if (offset > 0)
            links.Add(At(Math.Max(0, offset - limit), "prev"));
        return string.Join(", ", links);

        string At(long place, string relation)
        {
            var query = http.Request.Query.Where(pair => pair.Key is not ("limit" or "offset"))
                .Select(pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value.ToString()))
                .Append(new("limit", $"{limit}")).Append(new("offset", $"{place}"));
            return $"<{http.Request.Path.ToUriComponent()}{QueryString.Create(query)}>; rel=\"{relation}\"";
        }
    }

    private static ContentHttpResult NotFound() => Failed(404, "unknownobject", Failures.NotFound.En);

    private static ContentHttpResult Failed(int status, string minor, string description) => TypedResults.Content(
        JsonSerializer.Serialize(new
        {
            imsx_codeMajor = "failure",
            imsx_severity = "error",
            imsx_description = description,
            imsx_CodeMinor = new
            {
                imsx_codeMinorField = new[] { new { imsx_codeMinorFieldName = "TargetEndSystem", imsx_codeMinorFieldValue = minor } },
            },
        }),
        "application/json", Encoding.UTF8, status);
}
