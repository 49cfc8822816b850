using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tenancy;

/// <summary>
/// Puts the request's <see cref="TenantScope"/> before every command of EF Core, in the same round trip: measured, it costs
/// nothing, where a transaction around each read halved the reads. Inside a transaction it was told at the start.
/// </summary>
internal sealed class TenancyInterceptor(CurrentTenancy tenancy) : DbCommandInterceptor, IDbTransactionInterceptor
{
    public override InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        if (Scoped(command) is not { } batch)
            return result;
        var reader = batch.ExecuteReader();
        try
        {
            reader.NextResult();
        }
        catch
        {
            reader.Dispose(); // the command itself failed: the connection must be usable again
            throw;
        }

        return InterceptionResult<DbDataReader>.SuppressWithResult(reader);
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (Scoped(command) is not { } batch)
            return result;
        var reader = await batch.ExecuteReaderAsync(cancellationToken);
        try
        {
            await reader.NextResultAsync(cancellationToken);
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }

        return InterceptionResult<DbDataReader>.SuppressWithResult(reader);
    }

    public override InterceptionResult<object> ScalarExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result)
    {
        if (Scoped(command) is not { } batch)
            return result;
        using var reader = batch.ExecuteReader();
        reader.NextResult();
        return InterceptionResult<object>.SuppressWithResult(reader.Read() ? reader.GetValue(0) : null!);
    }

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        if (Scoped(command) is not { } batch)
            return result;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return InterceptionResult<object>.SuppressWithResult(
            await reader.ReadAsync(cancellationToken) ? reader.GetValue(0) : null!);
    }

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result) =>
        Scoped(command) is { } batch ? InterceptionResult<int>.SuppressWithResult(batch.ExecuteNonQuery()) : result;

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        Scoped(command) is { } batch
            ? InterceptionResult<int>.SuppressWithResult(await batch.ExecuteNonQueryAsync(cancellationToken))
            : result;

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        using var batch = tenancy.Scope.Batch((NpgsqlConnection)connection, (NpgsqlTransaction)result);
        batch.ExecuteNonQuery();
        return result;
    }

    // Npgsql sends BEGIN together with the next command, so this is still one round trip.
    public async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        await using var batch = tenancy.Scope.Batch((NpgsqlConnection)connection, (NpgsqlTransaction)result);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return result;
    }

    // The command again, behind the scope; null when a transaction has told the scope already.
    private NpgsqlBatch? Scoped(DbCommand command)
    {
        if (command.Transaction is not null)
            return null;
        var batch = tenancy.Scope.Batch((NpgsqlConnection)command.Connection!);
        batch.Timeout = command.CommandTimeout;
        var scoped = new NpgsqlBatchCommand(command.CommandText);
        foreach (NpgsqlParameter parameter in command.Parameters)
            scoped.Parameters.Add(parameter.Clone());
        batch.BatchCommands.Add(scoped);
        return batch;
    }
}
