using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys.Answering;

/// <summary>
/// Links by which a family answers without an account (SUR-3). A link names school and invitation, and ends with its survey. It can be
/// made again when it is handed over again, so nothing of it is stored.
/// </summary>
/// <param name="configuration">See <see cref="SignedLinks"/>.</param>
public sealed class SurveyLinks(IConfiguration configuration)
{
    private const int IdLength = 16;

    /// <summary>The part of an address that proves who may change the answer.</summary>
    internal const string Change = "change";

    private readonly SignedLinks changes = new(configuration, "surveys/change-link", "/", IdLength);
    private readonly SignedLinks links = new(configuration, "surveys/answer-link", "/api/surveys/answers/", 2 * IdLength);

    /// <summary>The link of an invitation; always the same.</summary>
    public Uri To(Guid school, Guid invitation)
    {
        Span<byte> named = stackalloc byte[2 * IdLength];
        school.TryWriteBytes(named);
        invitation.TryWriteBytes(named[IdLength..]);
        return links.To(named);
    }

    /// <summary>
    /// The link by which an answer is changed. Who answers gets it, and the guardian who signs in: whoever only hands links out cannot
    /// put another answer in the place of the family's (SUR-3).
    /// </summary>
    public Uri ToChange(Guid school, Guid invitation) => new($"{To(school, invitation)}?{Change}={ProofOf(invitation)}");

    /// <summary>What a request must have at its address to change the answer of an invitation.</summary>
    internal string ProofOf(Guid invitation) => changes.To(invitation.ToByteArray()).Segments[^1];

    /// <summary>Whether it has that.</summary>
    internal bool MayChange(HttpRequest request, Guid invitation)
    {
        Span<byte> named = stackalloc byte[IdLength];
        return changes.TryRead(request.Query[Change], named) && new Guid(named) == invitation;
    }

    /// <summary>What a link leads to; <see langword="null"/> when this service did not make it.</summary>
    internal LinkTarget? Read(string? token)
    {
        Span<byte> named = stackalloc byte[2 * IdLength];
        return links.TryRead(token, named) ? new LinkTarget(new Guid(named[..IdLength]), new Guid(named[IdLength..])) : null;
    }
}

/// <summary>What a link leads to.</summary>
/// <param name="SchoolId">The school: the link's tenancy.</param>
/// <param name="InvitationId">The invitation.</param>
internal sealed record LinkTarget(Guid SchoolId, Guid InvitationId);
