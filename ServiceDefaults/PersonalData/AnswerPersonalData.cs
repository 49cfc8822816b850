using System.Security.Cryptography;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.PersonalData;

/// <summary>
/// Does this service's part when a copy of a child's data or its erasure is granted, or what is kept is restricted (ARC-10), by the service's
/// <see cref="PersonalDataRules"/>, in one transaction with the answer. A second delivery copies again, or finds nothing left to erase;
/// whoever gathers the answers takes the first.
/// </summary>
public sealed class AnswerPersonalData(
    ServiceName service, IServiceScopeFactory scopes, TimeProvider clock, KeyVault? vault = null) : EventConsumer
{
    /// <summary>Bytes in one <see cref="PersonalDataPart"/>, before they are sealed.</summary>
    private const int PartSize = 48 * 1024;

    /// <summary>Where the pieces of a copy stand, in the archives.</summary>
    public static readonly SealedColumn SealedPart = new("archives.personal_data_part", "content", "id");

    /// <inheritdoc/>
    public override string Queue => service.Value + ".personal-data";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(PersonalDataAsked), typeof(PersonalDataRestricted)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ServiceDb>();
        var tables = new PersonalDataTables(batch.Connection, db, vault);
        await tables.StopAtUnknownAsync(cancel);
        foreach (var delivery in batch.Deliveries)
        {
            if (delivery.Event is PersonalDataRestricted restricted)
            {
                await tables.RestrictAsync(restricted, cancel);
                continue;
            }

            var asked = (PersonalDataAsked)delivery.Event;
            var run = Guid.CreateVersion7(clock.GetUtcNow());
            await batch.PublishAsync(
                [
                    .. (asked.Matter == PersonalDataMatter.Copy
                        ? await CopyAsync(tables, asked, run, cancel)
                        : await EraseAsync(tables, asked, run, cancel))
                        .Select(answer => OutboxMessage.Of(answer, delivery.Envelope.Traceparent)),
                ],
                cancel);
        }
    }

    private async Task<IReadOnlyList<Contracts.IEvent>> CopyAsync(
        PersonalDataTables tables, PersonalDataAsked asked, Guid run, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (document, counts) = await tables.CopyAsync(service.Value, asked, cancel);
        try
        {
            var answers = new List<Contracts.IEvent>();
            foreach (var piece in document.Chunk(PartSize))
            {
                var part = Guid.CreateVersion7(now);
                var content = vault is null ? piece : await vault.SealAsync(
                    new Subject(asked.DistrictId, null, asked.StudentId), SealedPart.Of(part), piece, cancel);
                if (content is null)
                {
                    answers.Clear(); // erased meanwhile
                    break;
                }

                answers.Add(new PersonalDataPart(
                    asked.DistrictId, asked.AggregateId, answers.Count + 1, now, service.Value, run, part, vault is not null,
                    Convert.ToBase64String(content)));
            }

            answers.Add(new PersonalDataAnswered(
                asked.DistrictId, asked.AggregateId, 1, now, service.Value, run, answers.Count, counts, []));
            return answers;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(document);
        }
    }

    private async Task<IReadOnlyList<Contracts.IEvent>> EraseAsync(
        PersonalDataTables tables, PersonalDataAsked asked, Guid run, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (erased, kept, announced) = await tables.EraseAsync(asked, now, cancel);
        return
        [
            .. announced,
            new PersonalDataAnswered(asked.DistrictId, asked.AggregateId, 1, now, service.Value, run, 0, erased, kept),
        ];
    }
}

/// <summary>Lets a service answer for the personal data that it holds.</summary>
public static class PersonalDataExtensions
{
    /// <summary>Adds <see cref="AnswerPersonalData"/>; the rules are the database's <see cref="ServiceDb.PersonalData"/>.</summary>
    public static void AddPersonalData(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<EventConsumer, AnswerPersonalData>();
}
