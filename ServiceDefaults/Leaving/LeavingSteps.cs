using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>
/// A district leaves, or comes, as steps of any service: <c>dotnet Visits.dll export-district DISTRICT FOLDER</c>,
/// <c>check-district FOLDER</c>, <c>import-district FOLDER</c>. <c>deploy/export</c> and <c>deploy/import</c> run them for all.
/// </summary>
internal static class LeavingSteps
{
    /// <summary>Does the step that the arguments name.</summary>
    /// <returns>The process's exit code, 1 when the step refuses; <see langword="null"/> when they name none.</returns>
    public static async Task<int?> RunAsync(IServiceProvider services, string[] args, CancellationToken cancel)
    {
        Func<IServiceProvider, Task<string>>? step = args switch
        {
            ["export-district", var district, var folder] => scope => ExportAsync(scope, district, folder, cancel),
            ["check-district", var folder] => scope => ImportAsync(scope, folder, checkOnly: true, cancel),
            ["import-district", var folder] => scope => ImportAsync(scope, folder, checkOnly: false, cancel),
            _ => null,
        };
        if (step is null)
            return null;
        await using var scope = services.CreateAsyncScope();
        var name = services.GetRequiredService<ServiceName>().Value;
        try
        {
            await Console.Out.WriteAsync(await step(scope.ServiceProvider));
            return 0;
        }
        catch (LeavingException e)
        {
            await Console.Error.WriteLineAsync($"{name}: {e.Message}");
            return 1;
        }
    }

    private static async Task<string> ExportAsync(
        IServiceProvider services, string district, string folder, CancellationToken cancel)
    {
        if (!Guid.TryParse(district, out var id))
            throw new LeavingException($"{district} 不是区县的编号。", $"{district} is not a district's id.");
        var manifest = await ActivatorUtilities.CreateInstance<DistrictExport>(services).RunAsync(id, folder, cancel);
        if (manifest.Unsent > 0)
        {
            await Console.Error.WriteLineAsync(
                $"{manifest.Service}: 有 {manifest.Unsent} 条事件尚未送达，各服务的导出可能不一致；正式导出前请先停用网关并稍候。"
                + $"{manifest.Unsent} events are not delivered yet, so the services' exports may not fit together: "
                + "before a final export stop the gateway and wait a little.");
        }

        return manifest.Counts();
    }

    private static async Task<string> ImportAsync(
        IServiceProvider services, string folder, bool checkOnly, CancellationToken cancel)
    {
        var (manifest, already) =
            await ActivatorUtilities.CreateInstance<DistrictImport>(services).RunAsync(folder, checkOnly, cancel);
        return already ? $"{manifest.Service}: 此前已导入，未作改动。It was imported before; nothing is changed.\n"
            : checkOnly ? $"{manifest.Service}: 可以导入。It can be imported.\n"
            : manifest.Counts();
    }
}
