using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Attachments;

/// <summary>How requests about attachments are refused.</summary>
internal static class AttachmentFailures
{
    /// <summary>A field of the form that is none of its values.</summary>
    public static readonly Failure OneOf = new("archives.one-of", 400,
        "应为以下之一：{0}。", "Give one of: {0}.");

    /// <summary>The file is none that its kind may be.</summary>
    public static readonly Failure KindMismatch = new("archives.attachment-kind-mismatch", 422,
        "此类附件不接受这种格式的文件。", "An attachment of this kind cannot be a file of this type.");

    /// <summary>What is labelled 内部资料 is not for the family.</summary>
    public static readonly Failure InternalForFamily = new("archives.attachment-internal-for-family", 400,
        "内部资料不能对家庭公开。", "What is labelled 内部资料 cannot be for the family.");

    /// <summary>An attachment that is read with a purpose.</summary>
    public static readonly Failure Internal = new("archives.attachment-internal", 403,
        "此附件为内部资料，请说明用途后查阅(reads)。", "This attachment is labelled 内部资料; read it with a purpose (reads).");

    /// <summary>Attachments of this kind are deleted by those whom the policy names.</summary>
    public static readonly Failure NotYoursToDelete = new("archives.attachment-not-yours", 403,
        "此类内部资料由政策指定的人员删除。", "What is labelled 内部资料 is deleted by those whom the policy names.");

    /// <summary>The child's data is on hold. As everywhere, what keeps it is not told (ARC-10).</summary>
    public static readonly Failure KeptByLaw = new("archives.attachment-kept", 409,
        "依法须保存，目前不能删除。", "The law asks for keeping it: it cannot be deleted now.");
}
