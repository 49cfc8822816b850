using System.Runtime.InteropServices;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Posts;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Messages.Burden;

/// <summary>
/// What a week has asked of the classes of a school or district so far. Read in two round trips, a row a class and table, and added up
/// here: joined in the database, it took a planner without statistics seconds for a district of 10,000 classes. Of a district with more
/// schools than <see cref="MostSchools"/> so many are looked at, so that its notice is accepted as soon as a small one's.
/// </summary>
internal sealed class BurdenWeek
{
    /// <summary>Schools that are looked at; of a larger district's these stand for all.</summary>
    internal const int MostSchools = 40;

    // In an order that has nothing to do with the schools, and is the same each time.
    private const string Schools =
        "SELECT school_id, count(*) OVER () FROM school WHERE district_id = $1 AND withdrawn_on IS NULL "
        + "AND ($2 IS NULL OR school_id = $2) ORDER BY md5(school_id::text) LIMIT $3";

    // By place, and the notices that ask for an answer among them.
    private const string Posts =
        """
        SELECT school_id, class_id, grade, author_id, count(*)::int, (count(*) FILTER (WHERE asks_answer))::int FROM post
        WHERE district_id = $1 AND published_at >= $2 AND published_at < $3 AND NOT urgent
            AND (school_id IS NULL OR school_id = ANY ($4))
        GROUP BY school_id, class_id, grade, author_id
        """;

    private const string Classes =
        "SELECT school_id, class_id, grade FROM school_class WHERE district_id = $1 AND withdrawn_on IS NULL "
        + "AND school_id = ANY ($2)";

    private const string Teachers =
        """
        SELECT DISTINCT school_id, class_id, staff_id FROM staff_post
        WHERE district_id = $1 AND school_id = ANY ($2) AND role = 'HomeroomTeacher' AND class_id IS NOT NULL
            AND starts_on <= $3 AND (ends_on IS NULL OR ends_on >= $3)
        """;

    private const string Books =
        "SELECT school_id, class_id FROM contact_week WHERE district_id = $1 AND school_id = ANY ($2) AND week = $3";

    // By school, class and grade, where null stands for all: the district's is that of nothing.
    private readonly Dictionary<(Guid? School, Guid? Class, string? Grade), Tally> places = [];
    private readonly Dictionary<(Guid Staff, Guid School, Guid Class), int> ownAsks = [];
    private readonly Dictionary<Guid, int> sentBy = [];
    private readonly Dictionary<(Guid School, Guid Class), string?> classes = [];
    private readonly List<(Guid School, Guid Class, Guid Staff)> teachers = [];
    private readonly HashSet<(Guid School, Guid Class)> books = [];

    private double share = 1; // of the schools, how many are looked at

    private BurdenWeek()
    {
    }

    /// <summary>Reads what the classes of a notice's school or district have in the week of a day.</summary>
    public static async Task<BurdenWeek> ReadAsync(
        NpgsqlConnection connection, PostRequest post, MessagePolicy policy, DateOnly today, bool withTeachers,
        CancellationToken cancel)
    {
        var monday = KeepContactBook.Monday(today);
        var district = Value(NpgsqlDbType.Uuid, post.DistrictId);
        var week = new BurdenWeek();
        var school = Value(NpgsqlDbType.Array | NpgsqlDbType.Uuid, await week.FindSchoolsAsync(connection, post, cancel));
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(
                    Posts, district, Value(NpgsqlDbType.TimestampTz, policy.Begin(monday)),
                    Value(NpgsqlDbType.TimestampTz, policy.Begin(monday.AddDays(7))), school),
                Command(Classes, district, school),
            },
        };
        if (withTeachers)
        {
            batch.BatchCommands.Add(Command(Teachers, district, school, Value(NpgsqlDbType.Date, today)));
            batch.BatchCommands.Add(Command(Books, district, school, Value(NpgsqlDbType.Date, monday)));
        }

        await using var rows = await batch.ExecuteReaderAsync(cancel);
        while (await rows.ReadAsync(cancel))
            week.AddPosts(rows);
        await rows.NextResultAsync(cancel);
        while (await rows.ReadAsync(cancel))
            week.classes.Add((rows.GetGuid(0), rows.GetGuid(1)), rows.IsDBNull(2) ? null : rows.GetString(2));
        if (!withTeachers)
            return week;
        await rows.NextResultAsync(cancel);
        while (await rows.ReadAsync(cancel))
            week.teachers.Add((rows.GetGuid(0), rows.GetGuid(1), rows.GetGuid(2)));
        await rows.NextResultAsync(cancel);
        while (await rows.ReadAsync(cancel))
            week.books.Add((rows.GetGuid(0), rows.GetGuid(1)));
        return week;
    }

    /// <summary>How many notices the guardians of the classes would have with this one.</summary>
    public BurdenFigures Notices(PostRequest post, int budget)
    {
        var (above, most) = (0, 0);
        foreach (var ((school, ofClass), grade) in classes)
        {
            if (!Gets(post, ofClass, grade))
                continue;
            var notices = Of(school, ofClass, grade).Sent + 1;
            most = Math.Max(most, notices);
            above += notices > budget ? 1 : 0;
        }

        return new BurdenFigures(budget, OfAll(above), most);
    }

    /// <summary>In how many of the classes a homeroom teacher would need more minutes with this one, which asks for
    /// answers.</summary>
    public BurdenFigures Minutes(PostRequest post, int budget)
    {
        var minutes = new Dictionary<Guid, int>();
        foreach (var (school, ofClass, staff) in teachers)
        {
            if (!classes.TryGetValue((school, ofClass), out var grade))
                continue;
            var asked = Of(school, ofClass, grade).Asks - ownAsks.GetValueOrDefault((staff, school, ofClass))
                + (Gets(post, ofClass, grade) ? 1 : 0);
            CollectionsMarshal.GetValueRefOrAddDefault(minutes, staff, out _) += (asked * BurdenBudget.AnswersMinutes)
                + (books.Contains((school, ofClass)) ? BurdenBudget.ContactBookMinutes : 0);
        }

        var above = new HashSet<(Guid, Guid)>();
        foreach (var (school, ofClass, staff) in teachers)
        {
            if (classes.TryGetValue((school, ofClass), out var grade) && Gets(post, ofClass, grade)
                && minutes[staff] + (sentBy.GetValueOrDefault(staff) * BurdenBudget.NoticeMinutes) > budget)
            {
                above.Add((school, ofClass));
            }
        }

        return new BurdenFigures(budget, OfAll(above.Count), null);
    }

    private static bool Gets(PostRequest post, Guid ofClass, string? grade) =>
        (post.ClassId is null || post.ClassId == ofClass)
        && (string.IsNullOrWhiteSpace(post.Grade) || string.Equals(post.Grade.Trim(), grade, StringComparison.Ordinal));

    private int OfAll(int found) => (int)Math.Round(found / share);

    private async Task<Guid[]> FindSchoolsAsync(NpgsqlConnection connection, PostRequest post, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(Schools, connection)
        {
            Parameters =
            {
                Value(NpgsqlDbType.Uuid, post.DistrictId), Value(NpgsqlDbType.Uuid, post.SchoolId),
                Value(NpgsqlDbType.Integer, MostSchools),
            },
        };
        var schools = new List<Guid>();
        await using var found = await find.ExecuteReaderAsync(cancel);
        while (await found.ReadAsync(cancel))
        {
            schools.Add(found.GetGuid(0));
            share = Math.Min(1, MostSchools / (double)found.GetInt64(1));
        }

        return [.. schools];
    }

    private void AddPosts(NpgsqlDataReader row)
    {
        Guid? school = row.IsDBNull(0) ? null : row.GetGuid(0);
        Guid? ofClass = row.IsDBNull(1) ? null : row.GetGuid(1);
        var grade = row.IsDBNull(2) ? null : row.GetString(2);
        var (sent, asks) = (row.GetInt32(4), row.GetInt32(5));
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, (school, ofClass, grade), out _);
        place = new Tally(place.Sent + sent, place.Asks + asks);
        if (row.IsDBNull(3))
            return;
        var author = row.GetGuid(3);
        CollectionsMarshal.GetValueRefOrAddDefault(sentBy, author, out _) += sent;
        if (school is { } at && ofClass is { } own)
            CollectionsMarshal.GetValueRefOrAddDefault(ownAsks, (author, at, own), out _) += asks;
    }

    // What went to the class, its grade, its school and the district.
    private Tally Of(Guid school, Guid ofClass, string? grade)
    {
        var (everywhere, all) = (places.GetValueOrDefault((null, null, null)), places.GetValueOrDefault((school, null, null)));
        var own = places.GetValueOrDefault((school, ofClass, null));
        var same = grade is null ? default : places.GetValueOrDefault((school, null, grade));
        return new Tally(
            everywhere.Sent + all.Sent + own.Sent + same.Sent, everywhere.Asks + all.Asks + own.Asks + same.Asks);
    }

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter.Clone());
        return command;
    }

    private static NpgsqlParameter Value(NpgsqlDbType type, object? value) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Tally(int Sent, int Asks);
}
