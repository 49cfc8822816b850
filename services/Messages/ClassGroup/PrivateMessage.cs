using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>To whom of the school a family writes.</summary>
public enum PrivateTo
{
    /// <summary>班主任.</summary>
    HomeroomTeacher,

    /// <summary>德育干部: also for what is about the homeroom teacher, who does not read it.</summary>
    Officer,
}

/// <summary>A message between one guardian and the school about one child (家校私信): nobody else reads it.</summary>
public sealed class PrivateMessage
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The message; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child's class then.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian, who wrote it or to whom it was written.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>With whom of the school.</summary>
    public PrivateTo SentTo { get; init; }

    /// <summary>Whether the school wrote it.</summary>
    public bool FromSchool { get; init; }

    /// <summary>The staff member who wrote it.</summary>
    public Guid? StaffId { get; init; }

    /// <summary>The group's post that it was to be (MSG-3).</summary>
    public Guid? GroupPostId { get; init; }

    /// <summary><see cref="GroupContent"/> as JSON, sealed for the child.</summary>
    public byte[] Content { get; private set; } = [];

    /// <summary>When it was sent. When it was read is kept nowhere: nobody is measured by how soon he reads or answers (MSG-6).</summary>
    public DateTimeOffset SentAt { get; init; }

    /// <summary>Whether the school has not opened a family's message yet.</summary>
    public bool IsNew { get; set; }

    /// <summary>The same with its text.</summary>
    internal PrivateMessage With(byte[] content)
    {
        Content = content;
        return this;
    }

    /// <summary>The column of the texts.</summary>
    internal static readonly SealedColumn SealedContent = new("messages.private_message", "content", "id");
}
