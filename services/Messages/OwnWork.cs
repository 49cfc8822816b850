using HomeSchool.Messages.Policies;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages;

/// <summary>What work of the service's own needs.</summary>
internal static class OwnWork
{
    /// <summary>The policy of a district, in a transaction that sees it.</summary>
    public static async Task<MessagePolicy> PolicyAsync(this NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        await using var read = new NpgsqlCommand("SELECT settings::text FROM policy WHERE district_id = $1", connection)
            .With(district);
        return await read.ExecuteScalarAsync(cancel) is string settings ? Policy.Read(settings) : new MessagePolicy();
    }
}
