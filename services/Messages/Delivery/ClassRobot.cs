using System.Text.Json;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Keys;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Delivery;

/// <summary>Whose group robot it is.</summary>
public enum RobotProvider
{
    /// <summary>企业微信.</summary>
    WeCom,

    /// <summary>钉钉.</summary>
    DingTalk,
}

/// <summary>The robot of a class's group (MSG-5): it says that there is a notice. What it says is for the whole group, so it never
/// carries what is one family's.</summary>
public sealed class ClassRobot
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The robot; another one when its access is set anew.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>Whose it is; a class has one of each.</summary>
    public RobotProvider Provider { get; init; }

    /// <summary><see cref="RobotAccess"/> as JSON, sealed under a key of the robot's own: who has it can write to the group.</summary>
    public byte[] Access { get; init; } = [];

    /// <summary>When it was set.</summary>
    public DateTimeOffset SetAt { get; init; }

    /// <summary>The column of the accesses.</summary>
    internal static readonly SealedColumn SealedAccess = new("messages.class_robot", "access", "id");

    /// <summary>A class has a notice: its robots say so. In the transaction of the notice.</summary>
    internal static async Task AnnounceAsync(MessagesDb db, Post post, CancellationToken cancel)
    {
        if (post.ClassId is not { } ofClass || post.SchoolId is not { } school)
            return;
        var robots = await db.ClassRobots.AsNoTracking().Where(r => r.SchoolId == school && r.ClassId == ofClass)
            .Select(r => r.Id).ToListAsync(cancel);
        db.AddRange(robots.Select(robot => new OutgoingMessage
        {
            SchoolId = school,
            Id = Guid.CreateVersion7(post.PublishedAt),
            DistrictId = post.DistrictId,
            TargetId = robot,
            Kind = DeliveryKind.Robot,
            Channel = Channel.Robot,
            State = DeliveryState.Waiting,
            Urgent = post.Urgent,
            DueAt = post.PublishedAt,
            CreatedAt = post.PublishedAt,
        }));
    }
}

/// <summary>How a robot is called.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="Url">Its address, the key in it.</param>
/// <param name="Secret">DingTalk's secret for signing (加签); <see langword="null"/> without.</param>
internal sealed record RobotAccess(RobotProvider Provider, string Url, string? Secret)
{
    public static RobotAccess Read(string json) =>
        JsonSerializer.Deserialize<RobotAccess>(json, ServiceDefaults.Hosting.Json.Options)!;
}
