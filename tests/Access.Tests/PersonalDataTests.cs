using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.AccessTests;

/// <summary>
/// No service has a table about persons of which nobody has said what a guardian's copy has of it and what an erasure does; a service that
/// is added later is tried without anybody thinking of it.
/// </summary>
[Trait("Rule", "ARC-10")]
public sealed class PersonalDataTests(Installation installation)
{
    [Fact]
    public async Task Every_table_about_persons_has_its_rule()
    {
        foreach (var (name, service) in installation.Services)
        {
            await using var connection = new NpgsqlConnection(installation.Database(name));
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await StopAtUnknownAsync(service, connection);
            await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using var stray = new NpgsqlCommand("CREATE TABLE stray (id uuid PRIMARY KEY, student_id uuid)", connection);
            await stray.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            (await Should.ThrowAsync<UnknownPersonalDataException>(() => StopAtUnknownAsync(service, connection)))
                .Message.ShouldContain("stray");
        }
    }

    private static async Task StopAtUnknownAsync(RunningService service, NpgsqlConnection connection)
    {
        await using var scope = service.Provider.CreateAsyncScope();
        await new PersonalDataTables(connection, scope.ServiceProvider.GetRequiredService<ServiceDb>(), vault: null)
            .StopAtUnknownAsync(TestContext.Current.CancellationToken);
    }
}
