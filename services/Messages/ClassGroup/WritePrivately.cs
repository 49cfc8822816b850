using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.OffHours;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>A guardian's message.</summary>
/// <param name="StudentId">The own child that it is about.</param>
/// <param name="Text">What to say, 1–2,000 characters.</param>
/// <param name="To">To whom.</param>
public sealed record FamilyMessageRequest(Guid StudentId, string Text, PrivateTo To = PrivateTo.HomeroomTeacher);

/// <summary>The school's message.</summary>
/// <param name="StudentId">The child that it is about.</param>
/// <param name="GuardianId">To whom.</param>
/// <param name="Text">What to say, 1–2,000 characters.</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record SchoolMessageRequest(Guid StudentId, Guid GuardianId, string Text, bool AcceptTone = false);

/// <summary>How a stopped post goes on.</summary>
/// <param name="To">To whom.</param>
public sealed record GoPrivateRequest(PrivateTo To = PrivateTo.HomeroomTeacher);

/// <summary>A private message.</summary>
/// <param name="Id">The message.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="To">With whom of the school.</param>
/// <param name="FromSchool">Whether the school wrote it.</param>
/// <param name="StaffId">Who of the school.</param>
/// <param name="GroupPostId">The group's post that it was to be.</param>
/// <param name="Text">What it says; <see langword="null"/> when it is erased.</param>
/// <param name="SentAt">When it was sent.</param>
/// <param name="IsNew">Whether the school had not opened it before.</param>
/// <param name="AutoReply">Of a message that a guardian has just sent to a teacher who is off: what to tell the guardian (MSG-6).</param>
public sealed record PrivateMessageBody(
    Guid Id, Guid StudentId, Guid GuardianId, PrivateTo To, bool FromSchool, Guid? StaffId, Guid? GroupPostId, string? Text,
    DateTimeOffset SentAt, bool IsNew, AutoReply? AutoReply = null);

/// <summary>
/// Private messages between a guardian and the homeroom teacher, or the school's officer: also the way on for what does not belong into the
/// group (MSG-3). The homeroom teacher reads nothing of what goes to the officer.
/// </summary>
internal static class WritePrivately
{
    private const string OfClass = "/schools/{schoolId:guid}/classes/{classId:guid}/private-messages";
    private const int MostText = 2_000;

    public static void MapWritePrivately(this IEndpointRouteBuilder api)
    {
        api.MapPost("/private-messages", WriteAsync).Command(Permission.MessageReceive).WithName("WritePrivateMessage")
            .WithSummary("A guardian writes to the homeroom teacher or the school's officer.");
        api.MapGet("/private-messages", OwnAsync).Query(Permission.MessageReceive).WithName("ListOwnPrivateMessages")
            .WithSummary("What the caller wrote and got, newest first; other guardians' stay theirs.");
        api.MapPost(WriteGroupPost.Route + "/{id:guid}/private", GoPrivateAsync).Command(Permission.MessageReceive)
            .WithName("SendGroupPostPrivately").WithSummary("Sends what waits or was stopped as a private message instead.");
        api.MapGet(OfClass, ReadAsync).Command(Permission.PrivateMessageKeep).Sensitive().WithName("ListPrivateMessages")
            .WithSummary("What families of a class wrote to the caller and what was answered, newest first.");
        api.MapPost(OfClass, AnswerAsync).Command(Permission.PrivateMessageKeep).WithName("AnswerPrivately")
            .WithSummary("Writes to one guardian about one child.");
    }

    private static async Task<Results<Created<PrivateMessageBody>, Problem>> WriteAsync(
        FamilyMessageRequest request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, MostText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await OwnChildAsync(db, request.StudentId, current, now, cancel) is not var (enrolment, guardian))
            return (Problem)Failures.NotFound;
        return await SendAsync(
            new PrivateMessage
            {
                SchoolId = enrolment.SchoolId,
                Id = Guid.CreateVersion7(now),
                DistrictId = enrolment.DistrictId,
                ClassId = enrolment.ClassId!.Value,
                StudentId = request.StudentId,
                GuardianId = guardian,
                SentTo = request.To,
                SentAt = now,
                IsNew = true,
            },
            text, db, vault, audit, cancel);
    }

    private static async Task<Results<Created<PrivateMessageBody>, Problem>> GoPrivateAsync(
        Guid schoolId, Guid classId, Guid id, GoPrivateRequest request, MessagesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.MessageReceive, now, cancel) is not { } place
            || await db.Set<GroupPost>().SingleOrDefaultAsync(p => p.SchoolId == schoolId && p.ClassId == classId && p.Id == id, cancel)
                is not { GuardianId: { } guardian, StudentId: { } student } post
            || !post.IsBy(place))
        {
            return (Problem)Failures.NotFound;
        }

        if (post.State is not (GroupPostState.Held or GroupPostState.Stopped) || post.Content is null)
            return (Problem)GroupFailures.NothingPrivate;
        if (await ReadGroup.TextAsync(vault, post, cancel) is not { } text)
            return (Problem)Failures.Erased;
        var empty = await vault.SealAsync(
            new Subject(post.DistrictId, schoolId, student), GroupPost.SealedContent.Of(id),
            JsonSerializer.SerializeToUtf8Bytes(new GroupContent(""), Json.Options), cancel);
        (post.State, post.Content) = (GroupPostState.Private, empty);
        post.Version++;
        return await SendAsync(
            new PrivateMessage
            {
                SchoolId = schoolId,
                Id = Guid.CreateVersion7(now),
                DistrictId = post.DistrictId,
                ClassId = classId,
                StudentId = student,
                GuardianId = guardian,
                SentTo = request.To,
                GroupPostId = id,
                SentAt = now,
                IsNew = true,
            },
            text, db, vault, audit, cancel);
    }

    private static async Task<Results<Created<PrivateMessageBody>, Problem>> AnswerAsync(
        Guid schoolId, Guid classId, SchoolMessageRequest request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, MostText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.PrivateMessageKeep, now, cancel)
                is not { IsStaff: true } place
            || !(await GroupPlace.OnRollAsync(db, schoolId, classId, place.Today, cancel)).Contains(request.StudentId)
            || !await MaySee(db, request.StudentId, request.GuardianId, place.Today).AnyAsync(cancel))
        {
            return (Problem)Failures.NotFound;
        }

        if (Tone.Refusal([("text", text)], place.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;
        var message = new PrivateMessage
        {
            SchoolId = schoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = place.Class.DistrictId,
            ClassId = classId,
            StudentId = request.StudentId,
            GuardianId = request.GuardianId,
            SentTo = ReadBy(current, classId),
            FromSchool = true,
            StaffId = place.StaffId,
            SentAt = now,
        };
        var sent = await SendAsync(message, text, db, vault, audit, cancel);
        if (sent.Result is Created<PrivateMessageBody>)
        {
            await Telling.TellAsync(
                (NpgsqlConnection)db.Database.GetDbConnection(),
                [new News(message.DistrictId, schoolId, message.Id, 1, NotificationKind.PrivateMessage, [request.StudentId])
                {
                    GuardianId = request.GuardianId,
                }],
                now, cancel);
        }

        return sent;
    }

    // It is a contact in the ledger (VIS-12), whoever wrote.
    private static async Task<Results<Created<PrivateMessageBody>, Problem>> SendAsync(
        PrivateMessage draft, string text, MessagesDb db, KeyVault vault, AuditTrail audit, CancellationToken cancel)
    {
        if (await vault.SealAsync(
            new Subject(draft.DistrictId, draft.SchoolId, draft.StudentId), PrivateMessage.SealedContent.Of(draft.Id),
            JsonSerializer.SerializeToUtf8Bytes(new GroupContent(text), Json.Options), cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        var message = db.Add(draft.With(content)).Entity;
        db.Publish(new ContactTold(
            message.DistrictId, message.SchoolId, message.Id, 1, message.SentAt, [message.StudentId], ContactChannel.Message,
            ContactPurpose.Talk, message.SentAt, 0, !message.FromSchool, message.StaffId is { } staff ? [staff] : [],
            message.FromSchool ? [] : [message.GuardianId]));
        audit.About("private-message", message.Id, message.DistrictId, message.SchoolId);
        // A homeroom teacher who is off says so at once (MSG-6); of the school's officers somebody is always there.
        var reply = message.FromSchool || message.SentTo != PrivateTo.HomeroomTeacher ? null : await OffHoursReply.AutoReplyAsync(
            db, message.DistrictId, message.SchoolId, message.ClassId, message.SentAt, cancel);
        return TypedResults.Created((string?)null, Body(message, text, message.IsNew) with { AutoReply = reply });
    }

    private static async Task<Results<Ok<Page<PrivateMessageBody>>, Problem>> OwnAsync(
        MessagesDb db, KeyVault vault, CurrentCaller current, CancellationToken cancel, Guid? studentId = null, int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (guardians, students) = FamilyReach.Of(current, Permission.MessageReceive);
        var limit = Cursor.Size(size);
        var rows = await db.Set<PrivateMessage>().AsNoTracking()
            .Where(m => guardians.Contains(m.GuardianId) && students.Contains(m.StudentId)
                && (studentId == null || m.StudentId == studentId) && (last == null || m.Id < last)
                && !db.Set<GuardianRights>().Any(r => r.StudentId == m.StudentId && r.GuardianId == m.GuardianId && !r.MaySee))
            .OrderByDescending(m => m.Id).Take(limit + 1).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Id);
        return TypedResults.Ok(new Page<PrivateMessageBody>(
            [.. (await OpenAsync(vault, page.Items, cancel)).Select(one => one with { IsNew = false })], page.Next));
    }

    private static async Task<Results<Ok<Page<PrivateMessageBody>>, Problem>> ReadAsync(
        Guid schoolId, Guid classId, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel, Guid? studentId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.PrivateMessageKeep, clock.GetUtcNow(), cancel)
            is not { IsStaff: true } place)
        {
            return (Problem)Failures.NotFound;
        }

        var (limit, to) = (Cursor.Size(size), ReadBy(current, classId));
        var rows = await db.Set<PrivateMessage>()
            .Where(m => m.SchoolId == schoolId && m.ClassId == classId && m.SentTo == to && (studentId == null || m.StudentId == studentId)
                && (last == null || m.Id < last))
            .OrderByDescending(m => m.Id).Take(limit + 1).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Id);
        var bodies = await OpenAsync(vault, page.Items, cancel);
        foreach (var message in page.Items)
            message.IsNew = false;
        audit.About("private-messages", classId, place.Class.DistrictId, schoolId);
        return TypedResults.Ok(new Page<PrivateMessageBody>(bodies, page.Next));
    }

    private static async Task<List<PrivateMessageBody>> OpenAsync(
        KeyVault vault, IReadOnlyList<PrivateMessage> messages, CancellationToken cancel)
    {
        await vault.FetchAsync(messages.Select(message => message.Content), cancel);
        var bodies = new List<PrivateMessageBody>(messages.Count);
        foreach (var message in messages)
        {
            var opened = await vault.OpenAsync(
                message.DistrictId, PrivateMessage.SealedContent.Of(message.Id), message.Content, cancel);
            var text = opened is null ? null : JsonSerializer.Deserialize<GroupContent>(opened, Json.Options)!.Text;
            bodies.Add(Body(message, text, message.IsNew));
        }

        return bodies;
    }

    private static PrivateMessageBody Body(PrivateMessage m, string? text, bool isNew) => new(
        m.Id, m.StudentId, m.GuardianId, m.SentTo, m.FromSchool, m.StaffId, m.GroupPostId, text, m.SentAt, isNew);

    // Who is of the class is its teacher; who is of the whole school, its officer.
    private static PrivateTo ReadBy(CurrentCaller current, Guid ofClass) =>
        MessagesReach.Of(current, Permission.PrivateMessageKeep).Classes.Contains(ofClass) ? PrivateTo.HomeroomTeacher : PrivateTo.Officer;

    private static IQueryable<Guardianship> MaySee(MessagesDb db, Guid student, Guid guardian, DateOnly today) =>
        db.Set<Guardianship>().Where(g => g.StudentId == student && g.GuardianId == guardian
            && (g.WithdrawnOn == null || g.WithdrawnOn > today)
            && !db.Set<GuardianRights>().Any(r => r.StudentId == student && r.GuardianId == guardian && !r.MaySee));

    // The class in which the child is today, and who the caller is to it.
    private static async Task<(Enrolment Enrolment, Guid Guardian)?> OwnChildAsync(
        MessagesDb db, Guid student, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        if (current.Caller.With(Permission.MessageReceive).FirstOrDefault(grant => grant.StudentId == student)
            is not { PersonId: { } guardian } grant)
        {
            return null;
        }

        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == grant.DistrictId, cancel);
        var today = (policy?.Settings ?? new MessagePolicy()).Day(now);
        var enrolment = await db.Set<Enrolment>().AsNoTracking().Where(e => e.StudentId == student && e.ClassId != null
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
                && MaySee(db, student, guardian, today).Any())
            .OrderByDescending(e => e.StartsOn).FirstOrDefaultAsync(cancel);
        return enrolment is null ? null : (enrolment, guardian);
    }
}
