using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using Npgsql;

namespace HomeSchool.ServiceDefaults.PersonalData;

/// <summary>
/// What a service does with what it holds about a child when a copy or the erasure is granted (ARC-10). Every table with a column that
/// points to a child, a guardian or a family, or with a sealed column, must be named: one that is not stops the service's tests, and its
/// answers.
/// </summary>
public sealed record PersonalDataRules
{
    /// <summary>The columns that make a table one about persons.</summary>
    internal static readonly string[] Columns =
        ["student_id", "student_ids", "guardian_id", "guardian_ids", "family_id", "person_id"];

    /// <summary>The tables, in the order in which they are erased. A table may stand twice, for two sets of rows.</summary>
    public IReadOnlyList<PersonalTable> Tables { get; init; } = [];

    /// <summary>What the service announces about an erasure beside its answer, since others count what goes: asked before the rows
    /// go, in the same transaction; <see langword="null"/> for nothing.</summary>
    public AnnounceErasure? Announced { get; init; }

    /// <summary>The tables that a restriction hides. Requests, accounts and figures have no content that could be read; they are the proof
    /// of what was done.</summary>
    internal IEnumerable<PersonalTable> Restrictable => Tables
        .Where(table => table.Kind is not (DataKind.Requests or DataKind.Accounts or DataKind.Figures))
        .DistinctBy(table => table.Table, StringComparer.Ordinal);
}

/// <summary>Finds what else is to be announced about an erasure.</summary>
/// <param name="connection">Within the transaction of the erasure.</param>
/// <param name="asked">What is erased.</param>
/// <param name="now">When.</param>
/// <param name="cancel">Gives up.</param>
public delegate Task<IReadOnlyList<IEvent>> AnnounceErasure(
    NpgsqlConnection connection, PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel);

/// <summary>A table with data about a child. By itself it is deleted at an erasure and shown in no copy.</summary>
/// <param name="Table">The table.</param>
/// <param name="Kind">The kind of data.</param>
/// <param name="Zh">What it is, to a guardian, in Chinese.</param>
/// <param name="En">The same in English.</param>
public sealed record PersonalTable(string Table, DataKind Kind, string Zh, string En)
{
    /// <summary>Which rows are about the child: SQL over the row <c>t</c>; <c>$1</c> is the district, <c>$2</c> the child.</summary>
    public string Where { get; init; } = "t.student_id = $2";

    /// <summary>Which of the rows an erasure takes: SQL as <see cref="Where"/>.</summary>
    public string ErasedWhere { get; init; } = "true";

    /// <summary>Instead of deleting rows, an erasure sets this: SQL; <c>$4</c> is an id that stands for nobody, the same in all tables of
    /// the service.</summary>
    public string? Set { get; init; }

    /// <summary>An erasure keeps the rows, for this reason: a code that the certificate explains.</summary>
    public string? KeptBecause { get; init; }

    /// <summary>The columns that a guardian's copy shows; none: the copy has nothing of it.</summary>
    public IReadOnlyList<ShownColumn> Shown { get; init; } = [];

    /// <summary>Which of the rows the copy shows: SQL as <see cref="Where"/>; <c>$3</c> is the guardian who asks.</summary>
    public string ShownWhere { get; init; } = "true";
}

/// <summary>A column in a guardian's copy.</summary>
/// <param name="Name">The column.</param>
/// <param name="Zh">What it is, in Chinese.</param>
/// <param name="En">What it is, in English.</param>
/// <param name="Members">Of a sealed JSON document, the members that are shown; <see langword="null"/> for a column that is shown
/// whole.</param>
public sealed record ShownColumn(string Name, string Zh, string En, IReadOnlyList<string>? Members = null);
