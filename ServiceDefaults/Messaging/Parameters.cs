using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>Positional parameters, shorter to write.</summary>
public static class Parameters
{
    /// <summary>Adds a value.</summary>
    internal static void Give<T>(this NpgsqlCommand command, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    /// <summary>Adds a value that may be missing.</summary>
    internal static void GiveOptional(this NpgsqlCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });

    /// <summary>Adds a value to a command; its type decides.</summary>
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    /// <summary>Adds a value to a command of a batch; its type decides.</summary>
    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }
}
