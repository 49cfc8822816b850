using HomeSchool.Messages.Posts;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.Burden;

/// <summary>What a publisher is told before or when a notice is sent; it keeps nothing back (ALL-6).</summary>
/// <param name="Code">Stable, e.g. <c>messages.many-notices</c>.</param>
/// <param name="Zh">What it is about, in Chinese.</param>
/// <param name="En">The same in English.</param>
/// <param name="Figures">The figures in it; <see langword="null"/> where there are none.</param>
public sealed record PublisherWarning(string Code, string Zh, string En, BurdenFigures? Figures = null);

/// <summary>What a notice would bring about. Nobody is named: not even which class it is.</summary>
/// <param name="Budget">What the district's policy leaves: notices or minutes a week.</param>
/// <param name="Classes">In how many classes that this notice goes to it would be more than that; of a large district's, about.</param>
/// <param name="Most">Notices in this week for the guardian with the most, with this one; of minutes nothing is said, since whoever
/// asks for class after class would have a list of teachers.</param>
public sealed record BurdenFigures(int Budget, int Classes, int? Most);

/// <summary>
/// The burden budget (减负, ALL-6): how many notices this week, Monday to Sunday, has for a guardian, and how many minutes for a
/// homeroom teacher, with one more notice. Both are estimates from what is told to which place, so that a notice to a whole district
/// asks for no receipt: a guardian has what went to the class, its grade, its school and the district. Guardians of children in several
/// classes may have more; who came within the week may have less. What is urgent is not counted and not warned of (MSG-6).
/// </summary>
internal static class BurdenBudget
{
    /// <summary>Minutes for a notice: one text and two taps.</summary>
    internal const int NoticeMinutes = 2;

    /// <summary>Minutes for a week of the contact book, one screen for 45.</summary>
    internal const int ContactBookMinutes = 5;

    /// <summary>Minutes for what a class is to answer to a notice of others: a screen like that of the contact book.</summary>
    internal const int AnswersMinutes = 5;

    private static readonly PublisherWarning ReplacesNothing = new(
        "messages.replaces-nothing", "请说明这次填报替代了哪一项。", "Say which form this one replaces.");

    /// <summary>
    /// What a notice that is not sent yet is warned of. Within a transaction; two round trips beside the policy's, whatever
    /// the notice goes to.
    /// </summary>
    /// <param name="db">The database.</param>
    /// <param name="post">The notice.</param>
    /// <param name="isOfOthers">Whether it comes from a school or district, and so makes work for the classes' teachers.</param>
    /// <param name="now">When it would be sent.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<PublisherWarning>> WarningsAsync(
        MessagesDb db, PostRequest post, bool isOfOthers, DateTimeOffset now, CancellationToken cancel)
    {
        if (post.Urgent)
            return [];
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var policy = await connection.PolicyAsync(post.DistrictId, cancel);
        var today = policy.Day(now);
        var week = await BurdenWeek.ReadAsync(
            connection, post, policy, today, withTeachers: post.AsksAnswer && isOfOthers, cancel);
        var warnings = new List<PublisherWarning>();
        if (week.Notices(post, policy.NoticesAWeek) is { Classes: > 0 } notices)
            warnings.Add(ManyNotices(notices));
        if (week.Minutes(post, policy.TeacherMinutesAWeek) is { Classes: > 0 } minutes)
            warnings.Add(ManyMinutes(minutes));
        if (post is { AsksAnswer: true, ClassId: null } && string.IsNullOrWhiteSpace(post.Replaces))
            warnings.Add(ReplacesNothing);
        return warnings;
    }

    private static PublisherWarning ManyNotices(BurdenFigures figures) => new(
        "messages.many-notices",
        $"加上这条，本周有 {figures.Classes} 个班的家长会收到超过 {figures.Budget} 条通知（最多 {figures.Most} 条）。能否合并或推迟？",
        $"With this one, guardians of {figures.Classes} classes get more than {figures.Budget} notices this week ({figures.Most} at "
        + "most). Could it be one with another, or wait?",
        figures);

    private static PublisherWarning ManyMinutes(BurdenFigures figures) => new(
        "messages.many-minutes",
        $"这条通知需要答复：本周有 {figures.Classes} 个班的班主任用时估计会超过 {figures.Budget} 分钟。能否省去或推迟？",
        $"It asks for answers: the homeroom teachers of {figures.Classes} classes would need more than {figures.Budget} minutes this "
        + "week, as estimated. Could it be left out, or wait?",
        figures);
}
