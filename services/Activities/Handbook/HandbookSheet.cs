using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.Handbook;

/// <summary>What came of a family activity, in numbers of the class's families.</summary>
internal sealed record ActivityResult(
    Guid Id, FamilyActivityKind Kind, string Title, DateOnly StartsOn, DateOnly EndsOn, string? Recap, int Families, int Days);

/// <summary>A photo that is printed.</summary>
internal sealed record HandbookPicture(OpenedFile File, FileType Type, DateOnly TakenOn);

/// <summary>
/// 《班级亲子成长手册》 on A4, with version, code and room for signatures and the seal (ALL-7). The pictures are in the page, so
/// that it can be kept; they are written one after another. Activities knows no names: a family that likes writes its own.
/// </summary>
internal sealed class HandbookSheet(
    ClassHandbook handbook, string school, string @class, Term term, IReadOnlyList<HandbookItem> items,
    IReadOnlyDictionary<Guid, ActivityResult> activities, IReadOnlyDictionary<Guid, string> reflections,
    IReadOnlyDictionary<Guid, HandbookPicture> pictures) : IResult, IStatusCodeHttpResult
{
    private const string Style =
        """
        .cover { min-height: 220mm; display: flex; flex-direction: column; justify-content: center; text-align: center;
          break-after: page }
        .cover h1 { font-size: 2.2rem; margin: 0 0 2rem } .cover p { margin: .3rem 0; font-size: 1.2rem }
        .cover dl { margin: 4rem auto 0; text-align: left; font-size: .85rem }
        h2 { border-bottom: 2px solid #2a6f5e; padding-bottom: .2rem } .result { color: #2a6f5e; margin: .2rem 0 .6rem }
        .photos { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm; margin: 5mm 0 }
        figure { margin: 0; break-inside: avoid } figure img { width: 100%; height: 62mm; object-fit: contain; background: #f4f4f0 }
        figcaption { font-size: .8rem; color: #555; text-align: center }
        blockquote { margin: 4mm 0; padding: 3mm 5mm; border-left: 3px solid #2a6f5e; background: #f7f9f6; break-inside: avoid;
          white-space: pre-wrap; overflow-wrap: anywhere; print-color-adjust: exact }
        blockquote footer { text-align: right; color: #555; font-size: .85rem; margin-top: 2mm }
        .keep { break-inside: avoid }
        """;

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(
            httpContext, chinese, chinese ? "班级亲子成长手册" : "Handbook of the class and its families",
            WriteAsync(chinese, httpContext.RequestAborted), Style);
    }

    /// <summary>The same for the same version with the same parts: what hides a photo changes it.</summary>
    private string Code()
    {
        var printed = string.Join('\n', items.Select(item => $"{item.Part} {item.Id:D}"));
        var of = $"{handbook.ClassId:D}\n{handbook.TermId:D}\n{handbook.Version}\n{printed}";
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(of));
        return string.Create(CultureInfo.InvariantCulture, $"HB-{Convert.ToHexString(digest)[..12]}-{handbook.Version}");
    }

    private async IAsyncEnumerable<string> WriteAsync(bool chinese, [EnumeratorCancellation] CancellationToken cancel)
    {
        yield return
            $"""
            <section class="cover">
            <p>{Html(school)}</p>
            <h1>{(chinese ? "《班级亲子成长手册》" : "Handbook of the class and its families")}</h1>
            <p>{Html(@class)}</p>
            <p>{Day(term.StartsOn)} – {Day(term.EndsOn)}</p>
            <dl>
            <dt>{(chinese ? "版本" : "Version")}</dt><dd>{handbook.Version.ToString(CultureInfo.InvariantCulture)}</dd>
            <dt>{(chinese ? "编号" : "Code")}</dt><dd>{Code()}</dd>
            </dl>
            </section>

            """;
        var inPhotos = false;
        foreach (var item in items)
        {
            // Photos that follow each other stand side by side.
            var isPhoto = item.Part == HandbookPart.Photo;
            if (isPhoto != inPhotos)
            {
                yield return isPhoto ? "<div class=\"photos\">\n" : "</div>\n";
                inPhotos = isPhoto;
            }

            if (isPhoto && pictures.TryGetValue(item.Id, out var picture))
                yield return await FigureAsync(picture, chinese, cancel);
            else if (item.Part == HandbookPart.Activity && activities.TryGetValue(item.Id, out var activity))
                yield return Section(activity, chinese);
            else if (item.Part == HandbookPart.Reflection && reflections.TryGetValue(item.Id, out var text))
                yield return Quote(text, chinese);
        }

        yield return
            $"""
            {(inPhotos ? "</div>" : "")}
            <div class="sign">
            <div>{(chinese ? "班主任签字 / 日期" : "Homeroom teacher: signature / date")}</div>
            <div>{(chinese ? "家长委员会签字 / 日期" : "Parent committee: signature / date")}</div>
            <div>{(chinese ? "学校盖章" : "Seal of the school")}</div>
            </div>
            """;
    }

    private static async Task<string> FigureAsync(HandbookPicture picture, bool chinese, CancellationToken cancel)
    {
        using var content = new MemoryStream((int)picture.File.Length);
        await picture.File.CopyToAsync(content, cancel);
        var data = Convert.ToBase64String(content.GetBuffer(), 0, (int)content.Length);
        return $"<figure><img alt=\"{(chinese ? "活动照片" : "Photo")}\" src=\"data:{picture.Type.MediaType()};base64,{data}\">"
            + $"<figcaption>{Day(picture.TakenOn)}</figcaption></figure>\n";
    }

    private static string Section(ActivityResult activity, bool chinese)
    {
        var days = activity.StartsOn == activity.EndsOn ? Day(activity.StartsOn) : $"{Day(activity.StartsOn)} – {Day(activity.EndsOn)}";
        var result = chinese
            ? string.Create(CultureInfo.InvariantCulture, $"{activity.Families} 个家庭参加，共打卡 {activity.Days} 天次")
            : string.Create(CultureInfo.InvariantCulture, $"{activity.Families} families took part, on {activity.Days} days in all");
        return
            $"""
            <section class="keep">
            <h2>{Html(activity.Title)} <small>{KindOf(activity.Kind, chinese)} · {days}</small></h2>
            <p class="result">{result}</p>
            <p class="text">{Html(activity.Recap ?? "")}</p>
            </section>

            """;
    }

    private static string Quote(string text, bool chinese) =>
        $"<blockquote>{Html(text)}<footer>—— {(chinese ? "______________ 家庭" : "Family ______________")}</footer></blockquote>\n";

    private static string KindOf(FamilyActivityKind kind, bool chinese) => kind switch
    {
        FamilyActivityKind.ReadingMarathon => chinese ? "亲子阅读马拉松" : "Reading marathon",
        FamilyActivityKind.CareerDay => chinese ? "职业体验日" : "Career day",
        FamilyActivityKind.CommunityService => chinese ? "社区服务" : "Community service",
    };

    private static string Html(string text) => PrintPage.Html.Encode(text);

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
