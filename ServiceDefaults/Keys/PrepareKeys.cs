using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// Makes the keys of students as they come onto the roll, a roster's in a few commits. Who writes the first record about a
/// student would make the key too, but with a commit of its own, and on one evening that is everybody. A queue apart from the
/// roster's, which does not wait for the key store.
/// </summary>
public sealed class PrepareKeys(KeyVault vault, ServiceName service) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => service.Value + ".keys";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(RosterChanged)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var school in batch.Of<RosterChanged>().GroupBy(roster => (roster.DistrictId, roster.SchoolId)))
        {
            var students = school.SelectMany(roster => roster.Enrolments)
                .Where(enrolment => enrolment.EndsOn is null).Select(enrolment => enrolment.StudentId).ToArray();
            await vault.PrepareAsync(school.Key.DistrictId, school.Key.SchoolId, students, cancel);
        }
    }
}
