using HomeSchool.DemoDistrict;
using HomeSchool.DemoDistrict.Story;

const string Usage = """
    deploy/demo [story] [OPTION VALUE]...   imports a roster and walks the whole story through the gateway
      --url URL                  the gateway (http://127.0.0.1:8080)
      --roster FILE              a OneRoster 1.1 zip; a generated district when it is not there
      --replace yes|no           whether the roster may replace another one that the demonstration did not import (no)
      --admin-link LINK          the one-time link that deploy/up prints
      --admin USER               an admin that there is; HOMESCHOOL_ADMIN_PASSWORD has the password, or it is asked for
      --admin-file FILE          where the credentials of the admin that the link made are kept for the next run
    deploy/demo generate --out FILE [OPTION VALUE]...   writes a fictional district as a OneRoster 1.1 zip
      --seed NUMBER              another seed, other people (1)
      --schools NUMBER           1–2000 (4)
      --students-per-school NUMBER   30–5000 (540)
      --school-year YEAR         the year in which it begins (the current one)
      --subject-classes yes|no   whether each class's lessons are there, too (yes)
    """;

using var ending = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    ending.Cancel();
};
try
{
    switch (args)
    {
        case ["generate", .. var options]:
            GenerateCommand.Run(options, TimeProvider.System, ending.Token);
            return 0;
        case ["help" or "--help" or "-h", ..]:
            Console.WriteLine(Usage);
            return 0;
        case ["story", .. var options]:
            await StoryCommand.RunAsync(options, TimeProvider.System, ending.Token);
            return 0;
        default:
            await StoryCommand.RunAsync(args, TimeProvider.System, ending.Token);
            return 0;
    }
}
catch (UsageException e)
{
    await Console.Error.WriteLineAsync($"{e.Message}\n\n{Usage}");
    return 2;
}
catch (Exception e) when (e is StoryFailedException or HttpRequestException or IOException or OperationCanceledException)
{
    await Console.Error.WriteLineAsync($"\nFAILED: {e.Message}");
    return 1;
}
