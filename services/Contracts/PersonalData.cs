namespace HomeSchool.Contracts.PersonalData;

/// <summary>What is asked for about a child's data (ARC-10).</summary>
public enum PersonalDataMatter
{
    /// <summary>副本: a copy of all that is held and may be shown.</summary>
    Copy,

    /// <summary>删除.</summary>
    Erasure,
}

/// <summary>Kinds of data about a child, in which erasure is asked for and retention is decided (ALL-5).</summary>
public enum DataKind
{
    /// <summary>基本信息: the child, the enrolments, the guardians.</summary>
    Basics,

    /// <summary>内部资料.</summary>
    Sensitive,

    /// <summary>查阅记录: who read 内部资料.</summary>
    ReadLog,

    /// <summary>同意、更正与请求: what was agreed, corrected and asked for.</summary>
    Requests,

    /// <summary>家庭情况: circumstances, intake, needs of care.</summary>
    Family,

    /// <summary>支持与成长: support needs, attention, scores, plans, support.</summary>
    Support,

    /// <summary>附件: files in the archive.</summary>
    Files,

    /// <summary>家访: appointments, answers and records.</summary>
    Visits,

    /// <summary>问卷.</summary>
    Surveys,

    /// <summary>活动: parent meetings, covenants, questions, parent classes, family activities.</summary>
    Activities,

    /// <summary>消息: notices, and what families answered.</summary>
    Messages,

    /// <summary>账号: whose accounts reach the child.</summary>
    Accounts,

    /// <summary>统计: what a child counts in.</summary>
    Figures,
}

/// <summary>
/// Somebody asked for a copy of a child's data or its erasure, and it was granted (ARC-10): every service that holds some does its part
/// and answers with <see cref="PersonalDataAnswered"/>.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The request.</param>
/// <param name="Version">1.</param>
/// <param name="OccurredAt">When it was granted.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">Who asks, and whose own data a copy has beside the child's; <see langword="null"/> when a period of
/// retention is over.</param>
/// <param name="Matter">Copy or erasure.</param>
/// <param name="Kinds">What is to be erased; <see langword="null"/> for all, and then nothing about the child is ever stored again.</param>
[EventName("archives.personal-data-asked")]
public sealed record PersonalDataAsked(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, Guid StudentId, Guid? GuardianId,
    PersonalDataMatter Matter, IReadOnlyList<DataKind>? Kinds) : IEvent
{
    Guid? IEvent.SchoolId => null;
}

/// <summary>
/// What of a child was to be erased is kept by law or a hold, and restricted (ARC-10): whoever holds some shows it in no ordinary read. Of
/// several events of a request the one with the highest version counts; the request's erasure ends it.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The request.</param>
/// <param name="Version">The request's.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="StudentId">The child.</param>
/// <param name="Kinds">What is restricted now by this request; empty when nothing is any more.</param>
[EventName("archives.personal-data-restricted")]
public sealed record PersonalDataRestricted(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, Guid StudentId, IReadOnlyList<DataKind> Kinds) : IEvent
{
    Guid? IEvent.SchoolId => null;
}

/// <summary>A service did its part of a request (ARC-10). Published by every service; the first answer of a service counts.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The request.</param>
/// <param name="Version">1.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Service">Who answers, e.g. <c>visits</c>.</param>
/// <param name="RunId">Ties the parts to this answer: whatever is delivered twice, parts of two answers do not mix.</param>
/// <param name="Parts">How many <see cref="PersonalDataPart"/> belong to it; 0 for an erasure.</param>
/// <param name="Tables">What there was.</param>
/// <param name="Kept">What stays.</param>
[EventName("platform.personal-data-answered")]
public sealed record PersonalDataAnswered(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, string Service, Guid RunId, int Parts,
    IReadOnlyList<PersonalDataCount> Tables, IReadOnlyList<PersonalDataKept> Kept) : IEvent
{
    Guid? IEvent.SchoolId => null;
}

/// <summary>How much a table had about a child.</summary>
/// <param name="Table">The table.</param>
/// <param name="Kind">The kind of data.</param>
/// <param name="Rows">Rows that the copy shows, or that were erased or stripped of the child.</param>
public sealed record PersonalDataCount(string Table, DataKind Kind, long Rows);

/// <summary>What is not erased.</summary>
/// <param name="What">A table, or a part of every service: <c>audit</c>, <c>event_log</c>, <c>parked_message</c>,
/// <c>idempotency</c>.</param>
/// <param name="Rows">How many rows; <see langword="null"/> where nobody counts.</param>
/// <param name="Because">Why; a code, e.g. <c>auditEvidence</c>.</param>
/// <param name="Until">The day on which it goes by itself; <see langword="null"/> when it stays.</param>
public sealed record PersonalDataKept(string What, long? Rows, string Because, DateOnly? Until);

/// <summary>
/// A piece of a service's part of a copy (ARC-10). In order, the contents are one JSON document; sealed under the child's key, so that
/// neither the broker nor an event log can read it.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The request.</param>
/// <param name="Version">Which piece, from 1.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Service">Whose, e.g. <c>visits</c>.</param>
/// <param name="RunId">Of the answer that it belongs to.</param>
/// <param name="PartId">The piece; the place that it is sealed for.</param>
/// <param name="Sealed">Whether it is sealed. A service without a vault shows ids, dates and counts only, which events carry anyway.</param>
/// <param name="Content">The bytes, at most 64 KiB, in base64.</param>
[EventName("platform.personal-data-part")]
public sealed record PersonalDataPart(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, string Service, Guid RunId, Guid PartId, bool Sealed,
    string Content) : IEvent
{
    Guid? IEvent.SchoolId => null;
}
