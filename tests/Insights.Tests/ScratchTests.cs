using System.Diagnostics;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.Testing;
namespace HomeSchool.Insights.Tests;
public sealed class ScratchTests
{
    [Fact]
    public async Task Speed()
    {
        var o = TestContext.Current.TestOutputHelper!;
        await using var own = await InsightsSystem.StartAsync();
        var d = new TestDistrict();
        var now = TestDistrict.Now;
        await own.ApplyAsync(d.TermOf(d.Term, d.TermStartsOn));
        var schools = Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7()).ToArray();
        var students = new List<(Guid School, Guid Student)>();
        var events = new List<IEvent>();
        foreach (var s in schools)
        {
            events.Add(new SchoolChanged(d.Id, s, 5, now, "S", null));
            var classes = Enumerable.Range(0, 25).Select(_ => Guid.CreateVersion7()).ToArray();
            var rows = classes.SelectMany((c, i) => Enumerable.Range(0, 40).Select(_ => new RosterEnrolment(Guid.CreateVersion7(), Guid.CreateVersion7(), c, "0" + i % 6, d.TermStartsOn, null))).ToArray();
            students.AddRange(rows.Select(r => (s, r.StudentId)));
            foreach (var part in rows.Chunk(900))
                events.Add(new RosterChanged(d.Id, s, 6, now, [.. part.Select(r => r.ClassId!.Value).Distinct().Select(c => new RosterClass(c, "C", "01", null))], part, []));
        }
        var w = Stopwatch.StartNew();
        await own.ApplyAsync([.. events]);
        o.WriteLine($"roster {students.Count} in {w.Elapsed.TotalSeconds:F1}s");
        var rnd = new Random(1);
        using var admin = own.As(d.Admin);
        for (var round = 0; round < 3; round++)
        {
            var visits = Enumerable.Range(0, 20000).Select(_ => { var (s, st) = students[rnd.Next(students.Count)]; return InsightsSystem.MessageOf(new VisitCompleted(d.Id, s, Guid.CreateVersion7(), 2, now, d.Term, [st], Guid.CreateVersion7(), VisitMode.Video, VisitKind.Routine, d.Today, true)); }).ToArray();
            w.Restart();
            foreach (var part in visits.Chunk(500)) await own.PublishAsync(part);
            o.WriteLine($"published {w.Elapsed.TotalSeconds:F1}s");
            await own.AppliedAsync(visits);
            o.WriteLine($"visits 20000 in {w.Elapsed.TotalSeconds:F1}s");
            w.Restart();
            for (var i = 0; i < 500; i++) await admin.CoverageAsync(NodeKind.District, d.Id);
            o.WriteLine($"read {w.Elapsed.TotalMilliseconds / 500:F2} ms");
            var lat = new List<double>();
            for (var i = 0; i < 100; i++)
            {
                var before = (await admin.CoverageAsync(NodeKind.Class, Guid.Empty is var _ ? await own.ScalarAsync<Guid>("select class_id from student_in_term where student_id=$1 limit 1", students[i * 7].Student) : default)).Planned.Students;
                await Task.Delay(1);
            }
        }
        o.WriteLine(await own.ScalarAsync<string>("SELECT string_agg(relname || ' upd ' || n_tup_upd || ' hot ' || n_tup_hot_upd, '; ') FROM pg_stat_user_tables WHERE schemaname = 'public' and n_tup_upd > 0"));
    }
}
