namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// Where files lie: a folder, or an S3-compatible store. It gets ids and ciphertext, never a name, a type or whose a file is.
/// </summary>
public interface IFileStore
{
    /// <summary>Stores a file: all of it, durably, or nothing.</summary>
    /// <param name="id">The file.</param>
    /// <param name="write">Writes it; <see langword="false"/> gives up.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>What <paramref name="write"/> returned.</returns>
    Task<bool> PutAsync(Guid id, Func<Stream, Task<bool>> write, CancellationToken cancel);

    /// <summary>Opens a file.</summary>
    /// <returns>Its bytes, in which one can seek; <see langword="null"/> when it is not there.</returns>
    /// <exception cref="InvalidDataException">What the store gave is not what it says it has.</exception>
    Task<Stream?> OpenAsync(Guid id, CancellationToken cancel);

    /// <summary>Removes a file, and what is left of one that was never whole; nothing happens when there is none.</summary>
    Task DeleteAsync(Guid id, CancellationToken cancel);
}
