using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;

namespace HomeSchool.Archives.Roster;

/// <summary>How much a remark of the import matters.</summary>
public enum Severity
{
    /// <summary>Says what was taken as what, or what is not kept. Nothing to do.</summary>
    Note,

    /// <summary>The row is taken, without the part that the remark names.</summary>
    Warning,

    /// <summary>The row is not taken; what is stored of it stays as it is.</summary>
    Error,

    /// <summary>The upload is refused as a whole; nothing is stored of it.</summary>
    Refused,
}

/// <summary>One kind of remark, for people, in both languages. The code is stable.</summary>
/// <param name="Code">Stable, e.g. <c>date.invalid</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Zh">What it is, in Chinese; <c>{0}</c> is the value found, <c>{1}</c> a detail.</param>
/// <param name="ZhMend">How to mend it, in Chinese; empty for a note.</param>
/// <param name="En">What it is, in English.</param>
/// <param name="EnMend">How to mend it, in English.</param>
public sealed record RosterText(string Code, Severity Severity, string Zh, string ZhMend, string En, string EnMend)
{
    /// <summary>The text in one language with its places filled.</summary>
    public string Reason(bool chinese, string? value, string? detail) => Fill(chinese ? Zh : En, value, detail);

    /// <summary>How to mend it.</summary>
    public string Mend(bool chinese, string? value, string? detail) => Fill(chinese ? ZhMend : EnMend, value, detail);

    private static string Fill(string text, string? value, string? detail) =>
        string.Format(CultureInfo.InvariantCulture, text, value, detail);
}

/// <summary>Every remark that an import can make (ARC-2).</summary>
public static class RosterTexts
{
    // The upload as a whole.
    internal static readonly RosterText NothingUploaded = Refusal("upload.empty",
        "没有收到文件。", "请选择 OneRoster 压缩包(.zip)、csv 文件或学籍名册（.csv、.xlsx）后重新上传。",
        "No file arrived.", "Choose a OneRoster zip, csv files or a roster sheet (.csv, .xlsx) and upload again.");

    internal static readonly RosterText UploadTooLarge = Refusal("upload.too-large",
        "上传内容超过 {0} 字节的上限。", "请按学校分批上传，或请平台管理员调高上限。",
        "The upload is larger than {0} bytes.", "Upload school by school, or ask the operator to raise the limit.");

    internal static readonly RosterText UploadCutOff = Refusal("upload.cut-off",
        "上传中断，文件不完整；未导入任何内容。", "请检查网络后重新上传。",
        "The upload broke off; nothing was imported.", "Check the network and upload again.");

    internal static readonly RosterText TooManyFiles = Refusal("upload.too-many-files",
        "文件过多(超过 {0} 个)。", "请只上传 OneRoster 的 csv 文件。",
        "More than {0} files.", "Upload only OneRoster's csv files.");

    internal static readonly RosterText ZipBroken = Refusal("zip.broken",
        "压缩包已损坏或不完整。", "请重新导出并上传；若在传输中截断，请再传一次。",
        "The zip is damaged or incomplete.", "Export it again and upload; if it was cut off on its way, send it once more.");

    internal static readonly RosterText ZipEncrypted = Refusal("zip.encrypted",
        "压缩包有密码。", "请去掉密码后上传。",
        "The zip has a password.", "Upload it without one.");

    internal static readonly RosterText ZipBomb = Refusal("zip.bomb",
        "解压后过大(上限 {0} 字节),或压缩比异常。", "请确认这是名册导出文件，并重新导出。",
        "It unpacks to more than {0} bytes, or is packed suspiciously tight.", "Make sure that it is a roster export and export it again.");

    internal static readonly RosterText IsOldWorkbook = Refusal("file.old-workbook",
        "这是旧版 Excel 工作簿(.xls)。", "请另存为 .xlsx 后上传。",
        "This is a workbook of an old Excel (.xls).", "Save it as .xlsx and upload again.");

    internal static readonly RosterText WorkbookTooLarge = Refusal("file.workbook-too-large",
        "工作簿解压后超过 {0} 字节的上限。", "请另存为 csv，或按学校拆分后上传。",
        "The workbook unpacks to more than {0} bytes.", "Save it as csv, or upload school by school.");

    internal static readonly RosterText SheetHeaderMissing = Refusal("sheet.no-header",
        "工作簿的前 10 行中没有名册的表头。", "表头应有“姓名”“性别”“出生日期”“班级”等列；可下载模板。",
        "The workbook's first 10 lines have no header of a roster.", "It should have columns such as 姓名, 性别, 出生日期, 班级; there is a template to download.");

    internal static readonly RosterText SheetAlone = Refusal("sheet.alone",
        "学籍名册不能与 OneRoster 文件一起上传。", "请分别上传。",
        "A roster sheet cannot come together with OneRoster files.", "Upload them one after the other.");

    internal static readonly RosterText SchoolOnlyForSheet = Refusal("sheet.school-given",
        "schoolId 只用于学籍名册。", "请去掉 schoolId，或上传该校的学籍名册。",
        "schoolId is for roster sheets only.", "Leave it out, or upload the school's roster sheet.");

    internal static readonly RosterText NotText = Refusal("file.not-text",
        "不是 csv 文本文件。", "请上传 csv 文件(UTF-8)。",
        "This is not a csv text file.", "Upload csv files (UTF-8).");

    internal static readonly RosterText EncodingUnknown = Refusal("file.encoding",
        "文字编码无法识别（既不是 UTF-8,也不是 GB18030）。", "请另存为“CSV UTF-8”后上传。",
        "The text encoding is unknown (neither UTF-8 nor GB18030).", "Save it as “CSV UTF-8” and upload again.");

    internal static readonly RosterText FileEmpty = Refusal("file.empty",
        "文件是空的。", "请重新导出该文件；确实没有数据时，请不要上传它。",
        "The file is empty.", "Export it again; if there is nothing in it, leave it out.");

    internal static readonly RosterText NoRows = Refusal("file.no-rows",
        "文件只有表头，没有数据。", "请重新导出；按全量导入会把全部记录视为已离开，因此不予接受。",
        "The file has a header and no rows.", "Export it again: taken as it is, all its records would have left.");

    internal static readonly RosterText FileTwice = Refusal("file.twice",
        "同一个文件出现了两次({0})。", "请只保留其中一个。",
        "The same file is there twice ({0}).", "Keep one of them.");

    internal static readonly RosterText NothingRecognised = Refusal("file.none-recognised",
        "没有找到名册。", "压缩包内应有 OneRoster 的 orgs.csv、users.csv、classes.csv、enrollments.csv 等，或上传学籍名册（表头有“姓名”等列）。",
        "No roster was found.",
        "There should be OneRoster's orgs.csv, users.csv, classes.csv, enrollments.csv and so on, or a roster sheet with columns such as 姓名.");

    internal static readonly RosterText ColumnMissing = Refusal("header.column-missing",
        "缺少必需的列 {0}。", "请检查表头（第 1 行）是否完整，列名是否与 OneRoster 一致。",
        "The required column {0} is missing.", "Check that the header (line 1) is complete and named as in OneRoster.");

    internal static readonly RosterText ColumnTwice = Refusal("header.column-twice",
        "列 {0} 出现了两次。", "请删除或改名其中一列。",
        "The column {0} is there twice.", "Remove or rename one of them.");

    internal static readonly RosterText MetadataColumns = Refusal("header.metadata",
        "metadata.* 列超过 {0} 个。", "请只导出需要的附加列。",
        "There are more than {0} metadata.* columns.", "Export only those that are needed.");

    internal static readonly RosterText HeaderUnreadable = Refusal("header.unreadable",
        "第 1 行不是表头。", "第 1 行应是用逗号分隔的列名。",
        "Line 1 is not a header.", "Line 1 should be the names of the columns, separated by commas.");

    internal static readonly RosterText TwoVersions = Refusal("file.two-versions",
        "users.csv 有列 {0}(OneRoster 1.1)，又有 roles.csv(OneRoster 1.2)。", "请按同一版本导出。",
        "users.csv has the column {0} (OneRoster 1.1), and there is roles.csv (OneRoster 1.2).", "Export one version.");

    internal static readonly RosterText DeltaFirst = Refusal("delta.first",
        "这是增量(delta)文件，但本区县还没有名册。", "请先上传一次全量(bulk)文件。",
        "This is a delta file, and the district has no roster yet.", "Upload bulk files first.");

    internal static readonly RosterText DeltaOlder = Refusal("delta.older",
        "这份增量的最后修改时间 {0} 早于已导入的 {1}，已不再适用。", "请按顺序上传增量，或上传一次全量。",
        "The newest change in this delta, of {0}, is older than what was imported already, of {1}.",
        "Upload deltas in their order, or bulk files.");

    internal static readonly RosterText PromisedMissing = Refusal("manifest.file-missing",
        "清单说明有 {0},但没有这个文件。", "请重新导出完整的压缩包。",
        "The manifest promises {0}, which is not there.", "Export the complete set again.");

    internal static readonly RosterText NeedsOther = Refusal("file.needs-other",
        "{0} 需要与 {1} 一起上传。", "请把两个文件放在同一次上传中。",
        "{0} needs {1} in the same upload.", "Upload the two together.");

    // Rows.
    internal static readonly RosterText RowQuote = Error("row.quote",
        "引号不配对，或字段内有换行。", "请在字段内把引号写成两个，并去掉换行。",
        "A quote is not closed, or a field has a line break.", "Double the quotes inside fields and remove line breaks.");

    internal static readonly RosterText RowCharacter = Error("row.character",
        "含有不可见的控制字符。", "请删除这些字符后重新导出。",
        "There are control characters.", "Remove them and export again.");

    internal static readonly RosterText RowTooLong = Error("row.too-long",
        "这一行过长或列数过多。", "请检查引号与逗号。",
        "The line is too long or has too many columns.", "Check its quotes and commas.");

    internal static readonly RosterText RowColumns = Error("row.columns",
        "有 {0} 列，表头有 {1} 列。", "请检查这一行的逗号与引号。",
        "It has {0} columns, the header {1}.", "Check the commas and quotes of this line.");

    internal static readonly RosterText Missing = Error("value.missing",
        "必填项为空。", "请补填。",
        "A required value is blank.", "Fill it in.");

    internal static readonly RosterText TooLong = Error("value.too-long",
        "内容超过 {1} 个字符。", "请缩短。",
        "It has more than {1} characters.", "Shorten it.");

    internal static readonly RosterText IdInvalid = Error("id.invalid",
        "编号 {0} 无效。", "编号最多 255 个字符，不能含逗号或空格。",
        "The id {0} is not valid.", "An id has at most 255 characters, no commas and no spaces.");

    internal static readonly RosterText IdTwice = Error("id.twice",
        "编号 {0} 已在第 {1} 行出现，此行未导入。", "请删除其中一行。",
        "The id {0} is on line {1} already; this row was not taken.", "Remove one of the two rows.");

    internal static readonly RosterText DateInvalid = Error("date.invalid",
        "日期 {0} 无效。", "请写成 2026-09-01 的形式。",
        "The date {0} is not valid.", "Write it like 2026-09-01.");

    internal static readonly RosterText SheetDate = Error("sheet.date",
        "日期 {0} 无效。", "请写成 20160901 或 2016-09-01。",
        "The date {0} is not valid.", "Write it like 20160901 or 2016-09-01.");

    internal static readonly RosterText DigitsLost = Error("id.digits-lost",
        "{0} 已被表格软件变成数字，末尾几位丢失。", "请把该列设为“文本”格式，并重新填写完整号码。",
        "A spreadsheet has made {0} a number; its last digits are lost.", "Give the column the format “text” and write the whole number again.");

    internal static readonly RosterText SheetNoKey = Error("sheet.no-key",
        "无法识别该学生：没有学籍号、身份证件号，也没有出生日期。", "请至少填写其中一项。",
        "There is nothing to know this student by: no national student number, no ID number, no date of birth.", "Fill in one of them.");

    internal static readonly RosterText SheetSchool = Error("sheet.school",
        "学校 {0} 不在本区县的名册中。", "请填写学校标识码；新学校请同时填写学校标识码和学校名称。",
        "The district has no school {0}.", "Give the school's code (学校标识码); for a new school its code and name (学校名称).");

    internal static readonly RosterText SheetOtherSchool = Error("sheet.other-school",
        "该行属于另一所学校({0})。", "请从该校的名册中删去，或不指定学校上传。",
        "The row is of another school ({0}).", "Take it out of this school's sheet, or upload without naming a school.");

    internal static readonly RosterText SheetTwice = Error("sheet.twice",
        "同一学生已在第 {1} 行出现，此行未导入。", "请删除其中一行。",
        "The same student is on line {1} already; this row was not taken.", "Remove one of the two rows.");

    internal static readonly RosterText SheetSamePerson = Warning("sheet.same-person",
        "与第 {1} 行同校、同名、同一出生日期，已按两名学生导入。", "请核对是否重复。",
        "The same school, name and date of birth as on line {1}; taken as two students.", "Check whether it is there twice.");

    internal static readonly RosterText SheetElsewhere = Warning("sheet.elsewhere",
        "该学生还在另一所学校的名册上，那里的学籍不变。", "若已转学，请上传另一所学校的名册。",
        "The student is on the roll of another school as well, and stays there.", "If they have moved, upload the other school's sheet.");

    internal static readonly RosterText SheetValue = Warning("sheet.value",
        "值 {0} 无法识别，已略去。", "可用的值:{1}。",
        "The value {0} is not known and was left out.", "Allowed: {1}.");

    internal static readonly RosterText NumberForm = Warning("number.form",
        "学籍号不是 G、J 或 L 加 18 位。", "请核对。",
        "The national student number is not G, J or L and 18 characters.", "Check it.");

    internal static readonly RosterText CheckDigit = Warning("number.check-digit",
        "号码的校验位不符。", "请核对是否填写有误。",
        "The number's check digit does not fit.", "Check whether it is mistyped.");

    internal static readonly RosterText NumberMismatch = Warning("number.mismatch",
        "学籍号与身份证件号不一致（身份证变更后可能如此）。", "请核对。",
        "The national student number does not match the ID number (as may be after the ID changed).", "Check both.");

    internal static readonly RosterText BirthMismatch = Warning("number.birth-date",
        "出生日期与身份证件号不一致。", "请核对。",
        "The date of birth does not match the ID number.", "Check both.");

    internal static readonly RosterText RelationNotKept = Warning("relation.not-kept",
        "关系 {0} 不是监护人或亲属，已略去。", "只保存 parent、guardian、relative。",
        "The relation {0} is neither guardian nor relative and was left out.", "Only parent, guardian and relative are kept.");

    internal static readonly RosterText DateImplausible = Error("date.implausible",
        "日期 {0} 不在合理范围内({1})。", "请核对。",
        "The date {0} is out of range ({1}).", "Check it.");

    internal static readonly RosterText DateOrder = Error("date.order",
        "结束日期 {0} 早于开始日期 {1}。", "请核对两个日期。",
        "The end {0} is before the beginning {1}.", "Check both dates.");

    internal static readonly RosterText NotAllowed = Error("value.not-allowed",
        "值 {0} 不在允许范围内。", "可用的值:{1}。",
        "The value {0} is not allowed.", "Allowed: {1}.");

    internal static readonly RosterText SchoolUnknown = Error("reference.school",
        "学校 {0} 不存在，或不是学校。", "请在 orgs.csv 中加入该学校（type 为 school）,或改正编号。",
        "The school {0} is unknown or not a school.", "Add it to orgs.csv with type school, or mend the id.");

    internal static readonly RosterText ClassUnknown = Error("reference.class",
        "班级 {0} 不存在，或其所在行有误。", "请在 classes.csv 中补上或改正该班级。",
        "The class {0} is unknown, or its own row has a mistake.", "Add or mend it in classes.csv.");

    internal static readonly RosterText UserUnknown = Error("reference.user",
        "人员 {0} 不存在，或其所在行有误。", "请在 users.csv 中补上或改正该人员。",
        "The user {0} is unknown, or their own row has a mistake.", "Add or mend them in users.csv.");

    internal static readonly RosterText RoleMismatch = Error("enrollment.role",
        "该人员在 users.csv 中不是 {0}。", "请改正两处之一的 role。",
        "In users.csv this person is no {0}.", "Mend the role in one of the two files.");

    internal static readonly RosterText NoRole = Error("user.no-role",
        "用户 {0} 在 roles.csv 中没有角色。", "请在 roles.csv 中补上。",
        "The user {0} has no role in roles.csv.", "Add it there.");

    internal static readonly RosterText OrgUnknown = Warning("reference.org",
        "机构 {0} 不存在，已略去。", "请在 orgs.csv 中补上，或从 orgSourcedIds 中删去。",
        "The organisation {0} is unknown and was left out.", "Add it to orgs.csv, or remove it from orgSourcedIds.");

    internal static readonly RosterText ProfileUser = Warning("reference.profile",
        "人员 {0} 不存在。", "请在 users.csv 中补上该人员，或删去这一行。",
        "The user {0} is unknown.", "Add them to users.csv, or remove this row.");

    internal static readonly RosterText NoSchool = Warning("user.no-school",
        "该学生不属于任何学校，因此不在任何学校的名册上。", "请填写 orgSourcedIds。",
        "This student belongs to no school and is on no roll.", "Fill in orgSourcedIds.");

    internal static readonly RosterText AgentUnknown = Warning("reference.agent",
        "关联人 {0} 不存在，或不是监护人，已略去。", "请在 users.csv 中补上（role 为 guardian、parent 或 relative）,或删去。",
        "The agent {0} is unknown or no guardian and was left out.",
        "Add them to users.csv with role guardian, parent or relative, or remove the id.");

    internal static readonly RosterText ChildUnknown = Warning("reference.child",
        "学生 {0} 不存在，或其所在行有误，已略去。", "请在 users.csv 中补上或改正该学生，或删去。",
        "The student {0} is unknown, or their own row has a mistake, and was left out.", "Add or mend them in users.csv, or remove the id.");

    internal static readonly RosterText SchoolMismatch = Warning("enrollment.school",
        "学校 {0} 与班级所属学校不同，以班级为准。", "请改正 schoolSourcedId。",
        "The school {0} is not the class's; the class's was taken.", "Mend schoolSourcedId.");

    internal static readonly RosterText SecondHomeroom = Warning("enrollment.second-homeroom",
        "该学生同一时间在两个行政班，已保留第 {1} 行的班级。", "请删去其中一个，或填写起止日期。",
        "The student is in two homeroom classes at a time; the one on line {1} was kept.", "Remove one, or give both their dates.");

    // Scores and homework.
    internal static readonly RosterText StudentUnknown = Error("student.unknown",
        "学号 {0} 不在名册上、不属于您的班级，或不止一名学生使用。", "请核对学号；也可填写名册系统中的编号。",
        "The number {0} is not on the roll, not of your class, or of more than one student.", "Check it; the roster's own id will do, too.");

    internal static readonly RosterText ScoreTwice = Error("score.twice",
        "学号 {0} 的同一科目已有一行，此行未导入。", "请删除其中一行。",
        "There is a row for the number {0} and this subject already; this one was not taken.", "Remove one of the two rows.");

    internal static readonly RosterText ScoreInvalid = Error("score.invalid",
        "成绩无效（上限或等级：{1}）。", "请填写 0 到满分之间的数字（最多两位小数），或等级 A–E。",
        "The score is not valid (maximum or levels: {1}).", "Give a number from 0 to the maximum (two decimals at most), or a level A–E.");

    // Deltas.
    internal static readonly RosterText DeltaUnknown = Warning("delta.unknown",
        "编号 {0} 不在名册中，无可删除。", "请核对编号，或上传一次全量。",
        "The id {0} is not in the roster; there is nothing to delete.", "Check the id, or upload bulk files.");

    internal static readonly RosterText DeltaClass = Warning("delta.class",
        "班级 {0} 不在名册中，此行已略去（教学班不保存，只由全量文件得出学科教师）。", "如为行政班，请在 classes.csv 中补上；如为教学班，请上传一次全量。",
        "The class {0} is not in the roster and the row was left out (taught classes are not kept; only bulk files tell who teaches what).",
        "If it is a homeroom, add it to classes.csv; if it is taught, upload bulk files.");

    // What was taken as what.
    internal static readonly RosterText FolderInZip = Note("zip.folder",
        "文件在压缩包的文件夹 {0} 中，照常读取。", "The files are in the zip's folder {0}; read all the same.");

    internal static readonly RosterText FileIgnored = Note("file.not-read",
        "文件 {0} 不属于名册，未读取。", "The file {0} is no part of the roster and was not read.");

    internal static readonly RosterText FileNamed = Note("file.taken-as",
        "按列名把 {0} 当作 {1}。", "{0} was taken as {1} by its columns.");

    internal static readonly RosterText TakenAsGb18030 = Note("file.gb18030",
        "不是 UTF-8(第 {0} 行起),按 GB18030 读取；请核对姓名。",
        "Not UTF-8 (from line {0} on), read as GB18030; check the names.");

    internal static readonly RosterText HeaderTwice = Note("header.twice",
        "表头重复了一次，已略去。", "The header is there twice; the second was passed over.");

    internal static readonly RosterText ColumnVariant = Note("header.variant",
        "列 {0} 当作 {1}。", "The column {0} was taken as {1}.");

    internal static readonly RosterText ColumnsNotKept = Note("columns.not-kept",
        "以下列未保存:{0}。", "These columns are not kept: {0}.");

    internal static readonly RosterText MetadataKept = Note("columns.metadata",
        "以下附加列随记录保存，并经 OneRoster 接口原样给出:{0}。",
        "These further columns are kept with their records, and given out by the OneRoster API as they came: {0}.");

    internal static readonly RosterText BlankRows = Note("rows.blank",
        "略去 {0} 个空行。", "{0} blank lines were passed over.");

    internal static readonly RosterText DeletedRows = Note("rows.to-be-deleted",
        "{0} 行标为 tobedeleted,按不在名册中处理。", "{0} rows are marked tobedeleted and were taken as absent.");

    internal static readonly RosterText DeltaTaken = Note("delta.taken",
        "增量文件：未提到的记录保持不变。", "A delta: what it does not mention stays as it is.");

    internal static readonly RosterText SheetByName = Note("sheet.by-name",
        "{0} 名学生按姓名和出生日期与已有档案对应。", "{0} students were found among those stored by name and date of birth.");

    internal static readonly RosterText WorksheetIgnored = Note("file.worksheet-not-read",
        "工作表 {0} 未读取。", "The worksheet {0} was not read.");

    internal static readonly RosterText NoManifest = Note("manifest.missing",
        "没有 manifest.csv,按 OneRoster 1.1 全量(bulk)处理。", "There is no manifest.csv; taken as OneRoster 1.1, bulk.");

    internal static readonly RosterText SdsTaken = Note("sds.taken",
        "按 Microsoft SDS 2.1 全量处理：没有课程的班级当作行政班，其余为教学班；学生的联系人当作监护人。",
        "Taken as Microsoft SDS 2.1, the whole roster: classes without a course are homerooms, the others are taught; "
        + "contacts of students are guardians.");

    internal static readonly RosterText PromisedAbsent = Note("manifest.file-present",
        "清单说明没有 {0},但文件在，照常读取。", "The manifest says there is no {0}, but there is; it was read.");

    internal static readonly RosterText OrgsTaken = Note("orgs.taken",
        "机构类型 {0}:{1} 个，当作学校。", "Organisations of type {0}: {1}, taken as schools.");

    internal static readonly RosterText OrgsNotKept = Note("orgs.not-kept",
        "机构类型 {0}:{1} 个，未保存（区县即本区县）。", "Organisations of type {0}: {1}, not kept (the district is this district).");

    internal static readonly RosterText SessionsTaken = Note("sessions.taken",
        "学期类型 {0}:{1} 个，当作学期。", "Sessions of type {0}: {1}, taken as terms.");

    internal static readonly RosterText SessionsNotKept = Note("sessions.not-kept",
        "学期类型 {0}:{1} 个，未保存（学年、评分段，或短于 8 周的假期段）。",
        "Sessions of type {0}: {1}, not kept (school years, grading periods, and sessions shorter than 8 weeks).");

    internal static readonly RosterText HomeroomsTaken = Note("classes.homeroom",
        "homeroom 班级 {0} 个，当作行政班。", "{0} classes of type homeroom, taken as classes.");

    internal static readonly RosterText HomeroomsAbsent = Note("classes.no-homeroom",
        "没有 homeroom 班级；学生登记在学校名下，暂无班级，已有班级不变。",
        "There is no homeroom class; students are on the school's roll without a class, and classes stored before stay.");

    internal static readonly RosterText ScheduledNotKept = Note("classes.scheduled",
        "scheduled 教学班 {0} 个，未保存；由此得出各行政班的学科教师。",
        "{0} classes of type scheduled, not kept; they tell who teaches which homeroom class.");

    internal static readonly RosterText UsersTaken = Note("users.taken",
        "角色 {0}:{1} 人。", "Users with role {0}: {1}.");

    internal static readonly RosterText UsersDisabled = Note("users.disabled",
        "{0} 人 enabledUser 为 false:按标准仍在册，照常导入。",
        "{0} users have enabledUser false: by the standard they are active all the same and were taken.");

    internal static readonly RosterText GuardiansAbsent = Note("users.no-guardians",
        "没有监护人；已有监护人不变。", "There are no guardians; guardians stored before stay.");

    internal static readonly RosterText DemographicsOthers = Note("demographics.not-students",
        "{0} 行不是学生，未保存。", "{0} rows are not of students and are not kept.");

    internal static readonly RosterText ProfilesNotKept = Note("profiles.not-kept",
        "{0} 个其他应用的账号（含密码）未保存：这里没有用途。", "{0} accounts in other applications (with passwords) are not kept: they have no purpose here.");

    internal static readonly RosterText RollFrom = Note("enrollment.from",
        "没有开始日期的学籍：首次导入的学校自 {0} 起，其余自 {1} 起。",
        "Enrolments without a begin date: from {0} in schools new here, from {1} in the others.");

    private static readonly FrozenDictionary<string, RosterText> ByCode = typeof(RosterTexts)
        .GetFields(BindingFlags.Static | BindingFlags.NonPublic)
        .Where(field => field.FieldType == typeof(RosterText))
        .Select(field => (RosterText)field.GetValue(null)!)
        .ToFrozenDictionary(text => text.Code);

    /// <summary>All of them.</summary>
    public static IEnumerable<RosterText> All => ByCode.Values;

    /// <summary>The text of a stored code.</summary>
    public static RosterText Of(string code) => ByCode[code];

    private static RosterText Refusal(string code, string zh, string zhMend, string en, string enMend) =>
        new(code, Severity.Refused, zh, zhMend, en, enMend);

    private static RosterText Error(string code, string zh, string zhMend, string en, string enMend) =>
        new(code, Severity.Error, zh, zhMend, en, enMend);

    private static RosterText Warning(string code, string zh, string zhMend, string en, string enMend) =>
        new(code, Severity.Warning, zh, zhMend, en, enMend);

    private static RosterText Note(string code, string zh, string en) => new(code, Severity.Note, zh, "", en, "");
}
