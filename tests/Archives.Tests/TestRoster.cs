using System.IO.Compression;
using System.Text;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// A roster to upload, in which tests change what they are about: two schools, three homeroom classes, a class that is taught, and
/// everybody who belongs there. Each has ids of its own, so that districts of different tests do not meet.
/// </summary>
public sealed class TestRoster
{
    private const string Common = "sourcedId,status,dateLastModified";

    private TestRoster(Dictionary<string, List<string>> files) => Files = files;

    /// <summary>Lines of each file, the header first.</summary>
    public Dictionary<string, List<string>> Files { get; }

    /// <summary>The standard roster: 6 students, 3 staff, 3 guardians.</summary>
    public static TestRoster Standard() => new(new(StringComparer.Ordinal)
    {
        ["manifest.csv"] =
        [
            "propertyName,value", "manifest.version,1.0", "oneroster.version,1.1", "file.orgs,bulk", "file.users,bulk",
            "file.classes,bulk", "file.enrollments,bulk", "file.academicSessions,bulk", "file.courses,bulk", "file.demographics,bulk",
        ],
        ["orgs.csv"] =
        [
            Common + ",name,type,identifier,parentSourcedId",
            "D,,,示例区,district,,", "S1,,,第一小学,school,3101,D", "S2,,,第二小学,school,3102,D",
        ],
        ["academicSessions.csv"] =
        [
            Common + ",title,type,startDate,endDate,parentSourcedId,schoolYear",
            "Y,,,2026-2027,schoolYear,2026-09-01,2027-08-31,,2027",
            "T1,,,第一学期,semester,2026-09-01,2027-01-22,Y,2027",
            "T2,,,第二学期,semester,2027-02-22,2027-07-02,Y,2027",
        ],
        ["courses.csv"] = [Common + ",schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes", "K,,,Y,数学,M,03,D,,"],
        ["classes.csv"] =
        [
            Common + ",title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
            "C1,,,三年级(1)班,03,K,,homeroom,,S1,T1,,,", "C2,,,三年级(2)班,03,K,,homeroom,,S1,T1,,,", "C3,,,四年级(1)班,04,K,,homeroom,,S2,T1,,,",
            "M1,,,三年级数学,03,K,,scheduled,,S1,T1,,,",
        ],
        ["users.csv"] =
        [
            Common + ",enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,"
                + "agentSourcedIds,grades,password",
            .. Enumerable.Range(1, 4).Select(i => Student($"P{i}", "S1", "03", i == 1 ? "\"G1,G2\"" : "")),
            Student("P5", "S2", "04", ""), Student("P6", "S2", "04", ""),
            Adult("A1", "S1", "teacher"), Adult("A2", "S1", "teacher"), Adult("A3", "S2", "administrator"),
            Adult("G1", "S1", "parent"), Adult("G2", "S1", "relative"), Adult("G3", "S1", "guardian").Replace(",,,,secret", ",,P2,,secret", StringComparison.Ordinal),
        ],
        ["demographics.csv"] =
        [
            Common + ",birthDate,sex,countryOfBirthCode",
            .. Enumerable.Range(1, 6).Select(i => $"P{i},,,2017-0{i}-15,{(i % 2 == 0 ? "female" : "male")},CN"),
        ],
        ["enrollments.csv"] =
        [
            Common + ",classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            "E1,,,C1,S1,P1,student,,,", "E2,,,C1,S1,P2,student,,,", "E3,,,C2,S1,P3,student,,,", "E4,,,C2,S1,P4,student,,,",
            "E5,,,C3,S2,P5,student,,,", "E6,,,C3,S2,P6,student,,,", "E7,,,C1,S1,A1,teacher,true,,", "E8,,,C1,S1,A2,teacher,false,,",
            "E9,,,C2,S1,A2,teacher,,,", "E10,,,M1,S1,A2,teacher,true,,", "E11,,,M1,S1,P1,student,,,", "E12,,,M1,S1,P3,student,,,",
        ],
    });

    /// <summary>A line of users.csv.</summary>
    public static string Student(string id, string schools, string grade, string agents = "") =>
        $"{id},,,true,{schools},student,{id},,小{id},张,,X{id},{id}@example.org,,,{agents},{grade},secret";

    /// <summary>A line of users.csv.</summary>
    public static string Adult(string id, string schools, string role) =>
        $"{id},,,true,{schools},{role},{id},,{id},李,,N{id},{id}@example.org,13800000000,,,,secret";

    /// <summary>Changes the line whose first field is an id.</summary>
    public TestRoster Change(string file, string id, Func<string, string> change)
    {
        var at = LineOf(file, id) - 1;
        Files[file][at] = change(Files[file][at]);
        return this;
    }

    /// <summary>Removes lines by their first fields.</summary>
    public TestRoster Remove(string file, params string[] ids)
    {
        foreach (var id in ids)
            Files[file].RemoveAt(LineOf(file, id) - 1);
        return this;
    }

    /// <summary>Adds lines.</summary>
    public TestRoster Add(string file, params string[] lines)
    {
        Files[file].AddRange(lines);
        return this;
    }

    /// <summary>Adds a column at the end; blank but for these ids.</summary>
    public TestRoster Column(string file, string name, params (string Id, string Value)[] values)
    {
        var lines = Files[file];
        lines[0] += "," + name;
        for (var i = 1; i < lines.Count; i++)
            lines[i] += "," + Array.Find(values, value => value.Id == lines[i].Split(',')[0]).Value;
        return this;
    }

    /// <summary>Leaves a file out, also of the manifest.</summary>
    public TestRoster Without(string file)
    {
        Files.Remove(file);
        Files["manifest.csv"].Remove($"file.{Path.GetFileNameWithoutExtension(file)},bulk");
        return this;
    }

    /// <summary>The number of the line whose first field is an id, from 1.</summary>
    public int LineOf(string file, string id) =>
        1 + Files[file].FindIndex(line => line.Split(',')[0].Trim('"') == id);

    /// <summary>The rows of every file in random order.</summary>
    public TestRoster Shuffled(int seed)
    {
        var random = new Random(seed);
        foreach (var lines in Files.Values)
        {
            var rows = lines.Skip(1).ToArray();
            random.Shuffle(rows);
            lines.RemoveRange(1, lines.Count - 1);
            lines.AddRange(rows);
        }

        return this;
    }

    /// <summary>The zip as an exporter makes it.</summary>
    public byte[] Zip(string folder = "", Encoding? encoding = null) =>
        Zip(Files.Select(file => (folder + file.Key, (encoding ?? new UTF8Encoding(false)).GetBytes(string.Join("\r\n", file.Value)))));

    /// <summary>A zip of any files.</summary>
    public static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Optimal).Open();
                entry.Write(bytes);
            }
        }

        return memory.ToArray();
    }
}
