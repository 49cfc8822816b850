using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys;

/// <summary>What kind of answer a question takes (SUR-1; the kinds that the ready-made definitions need).</summary>
public enum QuestionType
{
    /// <summary>A whole number from 1 to <see cref="Question.Highest"/>.</summary>
    Rating,

    /// <summary>A whole number from 0 to <see cref="Question.Highest"/>.</summary>
    Scale,

    /// <summary>Free text of at most <see cref="Question.Highest"/> characters.</summary>
    Text,
}

/// <summary>One question of a survey.</summary>
/// <param name="Id">Stable within the definition; the key of its answer.</param>
/// <param name="Type">What it takes.</param>
/// <param name="Required">Whether an answer without it is refused.</param>
/// <param name="Highest">The highest number, or the most characters.</param>
/// <param name="Zh">The question in Chinese.</param>
/// <param name="En">The question in English.</param>
public sealed record Question(string Id, QuestionType Type, bool Required, int Highest, string Zh, string En)
{
    /// <summary>The lowest number that it takes.</summary>
    public int Lowest => Type == QuestionType.Rating ? 1 : 0;
}

/// <summary>A survey's questions. Definitions are data; a version is frozen once a family is invited to it (SUR-1).</summary>
public sealed class Definition
{
    /// <summary>What it is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>Grows with every change of the questions; invitations keep theirs.</summary>
    public int Version { get; init; }

    /// <summary>The questions, in their order.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];

    /// <summary>The ready-made 家访满意度: two questions and a comment (SUR-2).</summary>
    public static Definition VisitSatisfaction { get; } = new()
    {
        Kind = SurveyKind.VisitSatisfaction,
        Version = 1,
        Questions =
        [
            new("conversation", QuestionType.Rating, true, 5, "您对这次家访的沟通是否满意?(1 很不满意 – 5 很满意)",
                "How satisfied are you with the conversation? (1 not at all – 5 very)"),
            new("helpful", QuestionType.Scale, true, 10, "这次家访对您和孩子有帮助吗?(0 没有 – 10 非常有)",
                "How helpful was the visit for you and your child? (0 not at all – 10 very)"),
            new("comment", QuestionType.Text, false, 1_000, "您还想对我们说什么?(可不填)", "What else would you like to tell us? (optional)"),
        ],
    };

    /// <summary>Checks answers against the questions.</summary>
    /// <param name="given">By the question's id, as they came.</param>
    /// <returns>The answers as they are kept, and the mistakes; answers are complete when there is no mistake.</returns>
    public (Dictionary<string, JsonElement> Answers, List<FieldMistake> Mistakes) Check(IReadOnlyDictionary<string, JsonElement> given)
    {
        var answers = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var mistakes = given.Keys.Except(Questions.Select(question => question.Id), StringComparer.Ordinal)
            .Select(id => SurveysFailures.NoSuchQuestion.At($"answers.{id}")).ToList();
        foreach (var question in Questions)
        {
            var field = $"answers.{question.Id}";
            if (!given.TryGetValue(question.Id, out var answer) || IsBlank(answer))
            {
                if (question.Required)
                    mistakes.Add(SurveysFailures.AnswerNeeded.At(field));
            }
            else if (question.Type == QuestionType.Text ? IsText(answer, question) : IsNumber(answer, question))
            {
                answers[question.Id] = answer;
            }
            else
            {
                mistakes.Add(question.Type == QuestionType.Text
                    ? SurveysFailures.TextTooLong.At(field, question.Highest)
                    : SurveysFailures.NumberOutOfRange.At(field, question.Lowest, question.Highest));
            }
        }

        return (answers, mistakes);
    }

    private static bool IsBlank(JsonElement answer) => answer.ValueKind == JsonValueKind.Null
        || (answer.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(answer.GetString()));

    // PostgreSQL's text takes no NUL.
    private static bool IsText(JsonElement answer, Question question) => answer.ValueKind == JsonValueKind.String
        && answer.GetString()!.Length <= question.Highest && !answer.GetString()!.Contains('\0', StringComparison.Ordinal);

    private static bool IsNumber(JsonElement answer, Question question) => answer.ValueKind == JsonValueKind.Number
        && answer.TryGetInt32(out var number) && number >= question.Lowest && number <= question.Highest;
}
