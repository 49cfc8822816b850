using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys.Definitions;

/// <summary>What kind of answer a question takes (SUR-1).</summary>
public enum QuestionType
{
    /// <summary>单选: the id of one choice.</summary>
    Single,

    /// <summary>多选: the ids of choices.</summary>
    Multiple,

    /// <summary>评分: a whole number from 1 to <see cref="Question.Highest"/>.</summary>
    Rating,

    /// <summary>推荐度 (net promoter score): a whole number from 0 to 10.</summary>
    Nps,

    /// <summary>矩阵: for each row the id of one choice.</summary>
    Matrix,

    /// <summary>文字: at most <see cref="Question.Highest"/> characters.</summary>
    Text,

    /// <summary>数字: a whole number from <see cref="Question.Lowest"/> to <see cref="Question.Highest"/>.</summary>
    Number,

    /// <summary>日期: <c>2026-09-01</c>.</summary>
    Date,
}

/// <summary>How an earlier answer is compared.</summary>
public enum Comparison
{
    /// <summary>A choice: it is one of these, or one of several chosen is.</summary>
    AnyOf,

    /// <summary>A choice: it is none of these; holds when nothing was chosen.</summary>
    NoneOf,

    /// <summary>A number: it is not less.</summary>
    AtLeast,

    /// <summary>A number: it is not more.</summary>
    AtMost,

    /// <summary>It was answered, whatever the answer is.</summary>
    Answered,
}

/// <summary>A text for families, in both languages.</summary>
/// <param name="Zh">In Chinese.</param>
/// <param name="En">In English.</param>
public sealed record Wording(string Zh, string En)
{
    /// <summary>In the language of who reads it.</summary>
    internal string In(bool chinese) => chinese ? Zh : En;
}

/// <summary>Something to choose, or a row of a matrix.</summary>
/// <param name="Id">Stable within the question.</param>
/// <param name="Text">What it says.</param>
public sealed record Choice(string Id, Wording Text);

/// <summary>A condition on the answer to an earlier question.</summary>
/// <param name="Question">That question.</param>
/// <param name="Is">How it is compared.</param>
/// <param name="Values">With what: ids of choices, or one number; none for <see cref="Comparison.Answered"/>.</param>
public sealed record Condition(string Question, Comparison Is, IReadOnlyList<string> Values);

/// <summary>A question.</summary>
/// <param name="Id">Stable within the definition; the key of its answer.</param>
/// <param name="Type">What it takes.</param>
/// <param name="Text">The question.</param>
/// <param name="Required">Whether an answer without it is refused, where it is shown.</param>
/// <param name="Choices">What can be chosen; of a matrix, its columns.</param>
/// <param name="Rows">Of a matrix.</param>
/// <param name="Lowest">Of a number.</param>
/// <param name="Highest">Of a rating or a number; of a text, the most characters.</param>
/// <param name="ShownIf">When it is asked: all of these must hold.</param>
public sealed record Question(
    string Id, QuestionType Type, Wording Text, bool Required = false, IReadOnlyList<Choice>? Choices = null,
    IReadOnlyList<Choice>? Rows = null, int? Lowest = null, int? Highest = null, IReadOnlyList<Condition>? ShownIf = null)
{
    /// <summary>The numbers that a rating, an NPS or a number takes.</summary>
    internal (int From, int To) Range => Type switch
    {
        QuestionType.Rating => (1, Highest!.Value),
        QuestionType.Nps => (0, 10),
        _ => (Lowest!.Value, Highest!.Value),
    };

    /// <summary>Whether its answers are numbers, which have a mean.</summary>
    internal bool IsNumeric => Type is QuestionType.Rating or QuestionType.Nps or QuestionType.Number;
}

/// <summary>A page.</summary>
/// <param name="Questions">The questions, in their order.</param>
/// <param name="Title">Its heading, if it has one.</param>
public sealed record QuestionPage(IReadOnlyList<Question> Questions, Wording? Title = null);

/// <summary>
/// What a survey asks (SUR-1). A definition is data; a round of a survey keeps its own copy, so that what was asked stays as it was
/// asked, whatever becomes of the design.
/// </summary>
/// <param name="Title">What the survey is called.</param>
/// <param name="Pages">The pages, in their order.</param>
public sealed record Definition(Wording Title, IReadOnlyList<QuestionPage> Pages)
{
    /// <summary>All questions, in their order.</summary>
    internal IEnumerable<Question> Questions => Pages.SelectMany(page => page.Questions);

    /// <summary>A definition as it is stored.</summary>
    internal static Definition Read(string text) => JsonSerializer.Deserialize<Definition>(text, Json.Options)!;

    /// <summary>What <see cref="Read"/> reads.</summary>
    internal string Write() => JsonSerializer.Serialize(this, Json.Options);
}
