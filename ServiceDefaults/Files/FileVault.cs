using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// Keeps files about students beside the rows that refer to them: sealed under the students' keys before they leave the process, so that
/// destroying a key erases its files in every copy of the store. A file is stored before its row commits; until then, and again from
/// when its row gives it up, <c>platform.loose_file</c> names it, and <see cref="FileCleaner"/> removes what stays there.
/// </summary>
public sealed partial class FileVault(KeyVault vault, IFileStore store, NpgsqlDataSource database, ILogger<FileVault> logger)
{
    /// <summary>
    /// Names a file that is going to be stored, in a transaction of its own: call it before a command's transaction begins, which
    /// already holds a connection.
    /// </summary>
    /// <returns>The file's id, which its row takes, too.</returns>
    public async Task<Guid> ExpectAsync(CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        await ExpectAsync(id, cancel);
        return id;
    }

    internal async Task ExpectAsync(Guid id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO platform.loose_file (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET since = now()");
        command.Give(id);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Stores an expected file; it stays if the current transaction commits.</summary>
    /// <param name="db">The service's database, in a transaction.</param>
    /// <param name="about">Whom it is about.</param>
    /// <param name="place">Where it belongs; its row is the id of <see cref="ExpectAsync(CancellationToken)"/>.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns><see langword="false"/> when the key of one of the students is destroyed.</returns>
    public async Task<bool> KeepAsync(ServiceDb db, Subject about, Place place, Stream content, CancellationToken cancel)
    {
        if (!await store.PutAsync(place.Row, to => vault.SealAsync(about, place, content, to, cancel), cancel))
            return false;
        return await db.Database.ExecuteSqlAsync($"DELETE FROM platform.loose_file WHERE id = {place.Row}", cancel) == 1
            ? true
            : throw new TimeoutException($"The file {place.Row} was not stored within the time that files may be loose.");
    }

    /// <summary>Gives up a file, if the current transaction commits; it is removed from the store a while later.</summary>
    public Task GiveUpAsync(ServiceDb db, Guid id, CancellationToken cancel) =>
        db.Database.ExecuteSqlAsync($"INSERT INTO platform.loose_file (id) VALUES ({id}) ON CONFLICT DO NOTHING", cancel);

    /// <summary>Opens a file and checks all of it, so that nothing leaves that was changed.</summary>
    /// <returns>The file; <see langword="null"/> when it is erased: the key of one of its students is destroyed.</returns>
    /// <exception cref="DamagedFileException">It is not in the store, was changed, or is another one.</exception>
    public async Task<OpenedFile?> OpenAsync(Guid district, Place place, CancellationToken cancel)
    {
        Stream? content = null;
        try
        {
            content = await store.OpenAsync(place.Row, cancel) ?? throw new InvalidDataException("It is not in the store.");
            var file = new OpenedFile(vault, district, place, content);
            if (!await file.CheckAsync(cancel))
                return null;
            content = null; // the file's now
            return file;
        }
        catch (Exception e) when (e is CryptographicException or InvalidDataException or InvalidOperationException)
        {
            LogDamaged(logger, e, place.Table, place.Row);
            throw new DamagedFileException(e);
        }
        finally
        {
            if (content is not null)
                await content.DisposeAsync();
        }
    }

    [LoggerMessage(80, LogLevel.Error, "The file of {Table} {Row} is not what was stored: restore it from a backup")]
    private static partial void LogDamaged(ILogger logger, Exception exception, string table, Guid row);
}

/// <summary>A file that was checked, and can be read as often as needed.</summary>
public sealed class OpenedFile : IAsyncDisposable
{
    private readonly KeyVault vault;
    private readonly Guid district;
    private readonly Place place;
    private readonly Stream content;

    internal OpenedFile(KeyVault vault, Guid district, Place place, Stream content) =>
        (this.vault, this.district, this.place, this.content) = (vault, district, place, content);

    /// <summary>Its bytes.</summary>
    public long Length { get; private set; }

    /// <summary>The students under whose keys it is sealed.</summary>
    internal async Task<Guid[]> AboutAsync(CancellationToken cancel)
    {
        content.Position = 0;
        return SealedStream.KeysOf(await SealedStream.ReadHeaderAsync(content, cancel));
    }

    /// <summary>Writes what it holds.</summary>
    /// <exception cref="IOException">It was erased since it was opened.</exception>
    public async Task CopyToAsync(Stream to, CancellationToken cancel)
    {
        content.Position = 0;
        await using var opened = await vault.OpenAsync(district, place, content, cancel) ?? throw new IOException("The file was erased.");
        await opened.CopyToAsync(to, cancel);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => content.DisposeAsync();

    // Whether it is not erased.
    internal async Task<bool> CheckAsync(CancellationToken cancel)
    {
        await using var opened = await vault.OpenAsync(district, place, content, cancel);
        if (opened is null)
            return false;
        var buffer = new byte[ChunkCipher.PlainSize];
        int read;
        while ((read = await opened.ReadAsync(buffer, cancel)) > 0)
            Length += read;
        CryptographicOperations.ZeroMemory(buffer);
        return true;
    }
}

/// <summary>A stored file is not there, was changed, or stands in another's place.</summary>
public sealed class DamagedFileException(Exception why) : Exception("A stored file is not what was stored.", why);

/// <summary>Gives a service files.</summary>
public static class FileExtensions
{
    /// <summary>Adds <see cref="FileVault"/> and what receives and checks files; the service has a <see cref="KeyVault"/>.</summary>
    /// <exception cref="InvalidOperationException">When the service starts: no store is configured.</exception>
    public static void AddFiles(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<FileSettings>().Bind(builder.Configuration.GetSection("Files")).ValidateDataAnnotations();
        services.AddSingleton(provider => StoreOf(
            provider.GetRequiredService<IOptions<FileSettings>>().Value, provider.GetRequiredService<ServiceName>().Value));
        services.AddSingleton<FileVault>();
        services.AddSingleton<FileIntake>();
        services.AddHostedService<FileCleaner>();
    }

    private static IFileStore StoreOf(FileSettings settings, string service) => settings switch
    {
        { S3: { } s3, Folder: null } => new S3Store(s3, service),
        { S3: null, Folder: { Length: > 0 } folder } => new FolderStore(Path.Combine(folder, service)),
        _ => throw new InvalidOperationException("Files:Folder must be a folder for files, or Files:S3 an S3-compatible store."),
    };
}
