using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.Questions;

/// <summary>How questions are refused.</summary>
internal static class QuestionFailures
{
    public static readonly Failure NoSuchQuestions = new("activities.no-such-questions", 400,
        "有的困惑不存在、已归入主题，或不在该班，请刷新后重选。",
        "Some of these questions do not exist, are merged already, or are of other classes; read them again and choose anew.");
}
