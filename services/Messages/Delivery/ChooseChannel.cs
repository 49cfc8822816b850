using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using MimeKit;

namespace HomeSchool.Messages.Delivery;

/// <summary>How a guardian wants to be told beside the inbox.</summary>
/// <param name="Channel">The one channel; <see cref="Channel.Inbox"/> for none.</param>
/// <param name="Digest">Whether a day's messages come as one; urgent ones never wait.</param>
/// <param name="Language">In which language.</param>
/// <param name="Address">The address at the channel; left out, it stays as it is. It must be proved before it is used.</param>
/// <param name="DistrictId">The district, for a guardian of several.</param>
public sealed record ChannelChoice(
    Channel Channel, bool Digest = false, MessageLanguage Language = MessageLanguage.Zh, string? Address = null,
    Guid? DistrictId = null);

/// <summary>What a guardian has chosen. The address is not shown: its owner knows it, and nobody else needs to.</summary>
/// <param name="Channel">The one channel.</param>
/// <param name="Digest">Whether a day's messages come as one.</param>
/// <param name="Language">In which language.</param>
/// <param name="HasAddress">Whether there is an address.</param>
/// <param name="Verified">Whether it is proved, and so used.</param>
/// <param name="Channels">The channels that are set up here.</param>
public sealed record ChosenChannel(
    Channel Channel, bool Digest, MessageLanguage Language, bool HasAddress, bool Verified, IReadOnlyList<Channel> Channels);

/// <summary>The code that came to the address.</summary>
/// <param name="Code">12 letters and digits; case does not matter.</param>
/// <param name="DistrictId">The district, for a guardian of several.</param>
public sealed record AddressCode(string Code, Guid? DistrictId = null);

/// <summary>
/// Guardians choose one channel (MSG-6) and prove its address: nobody can have messages sent to somebody else, nor lose them to a
/// slip of the keyboard. Who may be told is decided by the inbox; this only says where a link goes.
/// </summary>
internal static partial class ChooseChannel
{
    private const int CodesADay = 5;
    private static readonly TimeSpan CodeHolds = TimeSpan.FromHours(24);

    public static void MapChooseChannel(this IEndpointRouteBuilder api)
    {
        api.MapGet("/channel", ReadAsync).Query(Permission.MessageReceive).WithName("ReadChannel")
            .WithSummary("How the caller is told beside the inbox.");
        api.MapPut("/channel", ChooseAsync).Command(Permission.MessageReceive).WithName("ChooseChannel")
            .WithSummary("Chooses a channel; a new address gets a code, and is used when the code came back.");
        api.MapPost("/channel/code", SendCodeAsync).Command(Permission.MessageReceive).WithName("SendAddressCode")
            .WithSummary("Sends the code again.");
        api.MapPost("/channel/confirmation", ConfirmAsync).Command(Permission.MessageReceive).WithName("ConfirmAddress")
            .WithSummary("Proves the address by the code that came to it.");
    }

    private static async Task<Results<Ok<ChosenChannel>, Problem>> ReadAsync(
        MessagesDb db, Channels channels, CurrentCaller current, HttpContext http, CancellationToken cancel, Guid? districtId = null)
    {
        if (GrantOf(current, districtId) is not { } grant)
            return (Problem)Failures.NotFound;
        var choice = await FindAsync(db.GuardianChoices.AsNoTracking(), grant, cancel);
        ETag.Set(http, choice?.Version ?? 0);
        return TypedResults.Ok(new ChosenChannel(
            choice?.Channel ?? Channel.Inbox, choice?.Digest ?? false, choice?.Language ?? MessageLanguage.Zh,
            choice?.Address is not null, choice?.VerifiedAt is not null, channels.SetUp));
    }

    private static async Task<Results<NoContent, Problem>> ChooseAsync(
        ChannelChoice request, MessagesDb db, Channels channels, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (GrantOf(current, request.DistrictId) is not { PersonId: { } guardian, SchoolId: { } school } grant)
            return (Problem)Failures.NotFound;
        var choice = await FindAsync(db.GuardianChoices, grant, cancel);
        if (ETag.Mismatch(http, choice?.Version ?? 0) is { } stale)
            return (Problem)stale;
        if (request.Channel != Channel.Inbox && !channels.SetUp.Contains(request.Channel))
            return (Problem)MessagesFailures.ChannelOff;
        var isNew = request.Address is not null || choice?.Channel != request.Channel;
        if (request.Channel != Channel.Inbox && isNew && !IsAddress(request.Channel, request.Address))
            return Problem.Of([MessagesFailures.Address.At("address")]);

        choice ??= db.Add(new GuardianChoice { DistrictId = grant.DistrictId, GuardianId = guardian }).Entity;
        (choice.Channel, choice.Digest, choice.Language) = (request.Channel, request.Digest, request.Language);
        choice.Version++;
        if (request.Channel == Channel.Inbox)
        {
            (choice.AddressId, choice.Address, choice.VerifiedAt, choice.CodeUntil) = (null, null, null, null);
        }
        else if (isNew)
        {
            var id = Guid.CreateVersion7(clock.GetUtcNow());
            // Sealed under a key of the guardian's own: the erasure of one child leaves the siblings' messages their way.
            if (await vault.SealAsync(
                new Subject(grant.DistrictId, school, guardian), GuardianChoice.SealedAddress.Of(id),
                Encoding.UTF8.GetBytes(request.Address!), cancel) is not { } address)
            {
                return (Problem)Failures.Erased;
            }

            (choice.AddressId, choice.Address, choice.VerifiedAt) = (id, address, null);
            if (!BeginCode(db, choice, school, clock.GetUtcNow()))
                return (Problem)MessagesFailures.TooManyCodes;
        }

        audit.About("channel", guardian, grant.DistrictId, school);
        ETag.Set(http, choice.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> SendCodeAsync(
        MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel, Guid? districtId = null)
    {
        if (GrantOf(current, districtId) is not { SchoolId: { } school } grant
            || await FindAsync(db.GuardianChoices, grant, cancel) is not { AddressId: not null, VerifiedAt: null } choice)
        {
            return (Problem)Failures.NotFound;
        }

        if (!BeginCode(db, choice, school, clock.GetUtcNow()))
            return (Problem)MessagesFailures.TooManyCodes;
        choice.Version++;
        audit.About("channel", choice.GuardianId, grant.DistrictId, school);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> ConfirmAsync(
        AddressCode request, MessagesDb db, AddressCodes codes, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (GrantOf(current, request.DistrictId) is not { SchoolId: { } school } grant
            || await FindAsync(db.GuardianChoices, grant, cancel) is not { AddressId: { } address } choice)
        {
            return (Problem)Failures.NotFound;
        }

        var now = clock.GetUtcNow();
        var given = Encoding.UTF8.GetBytes(request.Code.Trim().ToUpperInvariant());
        var right = Encoding.UTF8.GetBytes(codes.Of(choice.GuardianId, address));
        if (now > choice.CodeUntil || !CryptographicOperations.FixedTimeEquals(given, right))
            return (Problem)MessagesFailures.CodeWrong;
        choice.VerifiedAt ??= now;
        choice.Version++;
        audit.About("channel", choice.GuardianId, grant.DistrictId, school);
        return TypedResults.NoContent();
    }

    private static Grant? GrantOf(CurrentCaller current, Guid? district) => current.Caller.With(Permission.MessageReceive)
        .FirstOrDefault(grant => grant is { PersonId: not null, StudentId: not null, SchoolId: not null }
            && (district is null || grant.DistrictId == district));

    private static Task<GuardianChoice?> FindAsync(IQueryable<GuardianChoice> choices, Grant grant, CancellationToken cancel) =>
        choices.SingleOrDefaultAsync(c => c.DistrictId == grant.DistrictId && c.GuardianId == grant.PersonId, cancel);

    // So many a day, lest somebody has strangers' mailboxes filled from here.
    private static bool BeginCode(MessagesDb db, GuardianChoice choice, Guid school, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        (choice.CodesOn, choice.Codes) = (today, choice.CodesOn == today ? choice.Codes + 1 : 1);
        if (choice.Codes > CodesADay)
            return false;
        choice.CodeUntil = now + CodeHolds;
        db.Add(new OutgoingMessage
        {
            SchoolId = school,
            Id = Guid.CreateVersion7(now),
            DistrictId = choice.DistrictId,
            GuardianId = choice.GuardianId,
            TargetId = choice.AddressId,
            Kind = DeliveryKind.Code,
            Channel = choice.Channel,
            State = DeliveryState.Waiting,
            DueAt = now,
            CreatedAt = now,
        });
        return true;
    }

    private static bool IsAddress(Channel channel, string? address) => address is { Length: > 0 and <= 254 } && channel switch
    {
        // The whole of it is one bare address: no display name, no list, no line break, no comment.
        Channel.Email => EmailForm().IsMatch(address) && MailboxAddress.TryParse(address, out var mailbox)
            && string.Equals(mailbox.Address, address, StringComparison.Ordinal),
        Channel.Sms => PhoneForm().IsMatch(address),
        Channel.WeCom => AccountForm().IsMatch(address),
        _ => false,
    };

    [GeneratedRegex(@"^[^\s@<>,;:""()\\\p{C}]+@[^\s@<>,;:""()\\\p{C}]+\z", RegexOptions.None, 1000)]
    private static partial Regex EmailForm();

    [GeneratedRegex(@"^\+?[0-9]{6,15}\z", RegexOptions.None, 1000)]
    private static partial Regex PhoneForm();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}\z", RegexOptions.None, 1000)]
    private static partial Regex AccountForm();
}
