using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>Positional parameters, shorter to write.</summary>
internal static class Parameters
{
    /// <summary>Adds a value.</summary>
    public static void Give<T>(this NpgsqlCommand command, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    /// <summary>Adds a value that may be missing.</summary>
    public static void GiveOptional(this NpgsqlCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
