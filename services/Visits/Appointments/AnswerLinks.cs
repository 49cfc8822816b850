using System.Buffers.Binary;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// Links by which a family without an account answers an appointment (VIS-6). A link names the school, the visit and which of the visit's
/// links it is. It is good until the appointment begins, wherever that is moved, or until a guardian is no longer to be visited (ARC-13).
/// </summary>
/// <param name="configuration">See <see cref="SignedLinks"/>.</param>
public sealed class AnswerLinks(IConfiguration configuration)
{
    private const int IdLength = 16;
    private const int Length = (2 * IdLength) + sizeof(int);

    private readonly SignedLinks links = new(configuration, "visits/answer-link", "/api/visits/answers/", Length);

    /// <summary>The link to a visit's appointment; the same for the same visit and serial.</summary>
    public Uri To(Visit visit)
    {
        Span<byte> named = stackalloc byte[Length];
        visit.SchoolId.TryWriteBytes(named);
        visit.Id.TryWriteBytes(named[IdLength..]);
        BinaryPrimitives.WriteInt32BigEndian(named[(2 * IdLength)..], visit.LinkSerial);
        return links.To(named);
    }

    /// <summary>What a link leads to; <see langword="null"/> when this service did not make it.</summary>
    internal LinkTarget? Read(string? token)
    {
        Span<byte> named = stackalloc byte[Length];
        return links.TryRead(token, named)
            ? new LinkTarget(
                new Guid(named[..IdLength]), new Guid(named[IdLength..(2 * IdLength)]),
                BinaryPrimitives.ReadInt32BigEndian(named[(2 * IdLength)..]))
            : null;
    }
}

/// <summary>What a link leads to.</summary>
/// <param name="SchoolId">The school: the link's tenancy.</param>
/// <param name="VisitId">The visit.</param>
/// <param name="Serial">Which of the visit's links.</param>
internal sealed record LinkTarget(Guid SchoolId, Guid VisitId, int Serial);
