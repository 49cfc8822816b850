using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>How files are refused.</summary>
public static class FileFailures
{
    /// <summary>Larger than allowed.</summary>
    public static readonly Failure TooLarge = new("files.too-large", 413,
        "文件不能超过 {0} MB，请压缩或拆分后上传。", "A file may have {0} MB at most; make it smaller or split it.");

    /// <summary>No form, or one without exactly one file.</summary>
    public static readonly Failure OneFile = new("files.one-file", 422,
        "请用表单(multipart/form-data)上传一个文件，字段名为 file。", "Send a form (multipart/form-data) with one file, in the field file.");

    /// <summary>The body ends before its end.</summary>
    public static readonly Failure CutOff = new("files.cut-off", 400,
        "上传内容不完整，请重新上传。", "The upload is cut off; send it again.");

    /// <summary>Not one of the types that are taken, or not a whole file of its type.</summary>
    public static readonly Failure TypeRefused = new("files.type-refused", 422,
        "只接受完整的 JPEG、PNG、WebP、PDF、docx、xlsx 文件。", "Only whole files of JPEG, PNG, WebP, PDF, docx and xlsx are taken.");

    /// <summary>Name or media type say something else than the content.</summary>
    public static readonly Failure TypeMismatch = new("files.type-mismatch", 422,
        "文件内容与其名称或所称类型不符。", "The file is not what its name or its type says.");

    /// <summary>A document that does something when it is opened, or carries other files.</summary>
    public static readonly Failure ActiveContent = new("files.active-content", 422,
        "文件含有宏、脚本、嵌入文件或自动操作，请去除后上传。", "The file has macros, scripts, embedded files or actions; remove them first.");

    /// <summary>Encrypted: nobody can see what it holds.</summary>
    public static readonly Failure Encrypted = new("files.encrypted", 422,
        "文件已加密，无法检查，请去除密码后上传。", "The file is encrypted and cannot be checked; remove its password first.");

    /// <summary>Unpacked, it would be far larger.</summary>
    public static readonly Failure Bomb = new("files.unpacks-too-large", 422,
        "文件解压后过大，未予接收。", "Unpacked, the file is too large.");

    /// <summary>An image that cannot be read within time and memory.</summary>
    public static readonly Failure PhotoUnreadable = new("files.photo-unreadable", 422,
        "无法读取该图片：文件损坏，或尺寸过大。", "The image cannot be read: it is damaged, or has too many pixels.");

    /// <summary>What encodes photos is not installed.</summary>
    public static readonly Failure PhotosUnavailable = new("files.photos-unavailable", 503,
        "服务器未安装图片处理程序(libvips-tools)，无法去除照片中的位置信息，暂不接收照片。",
        "The server has no libvips-tools to remove locations from photos, so it takes none.");

    /// <summary>The virus scanner has found something.</summary>
    public static readonly Failure Infected = new("files.infected", 422,
        "病毒扫描发现问题，文件未予接收。", "The virus scanner has found something in the file.");

    /// <summary>The virus scanner does not answer.</summary>
    public static readonly Failure ScannerAway = new("files.scanner-away", 503,
        "病毒扫描暂不可用，请稍后重试。", "The virus scanner does not answer; please try again shortly.");

    /// <summary>A stored file is not what was stored.</summary>
    public static readonly Failure Damaged = new("files.damaged", 409,
        "文件丢失、损坏或被改动过，请联系管理员从备份恢复。", "The file is missing, damaged or was changed; an administrator can restore it from a backup.");
}
