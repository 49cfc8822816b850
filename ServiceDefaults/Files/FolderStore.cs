using System.Runtime.InteropServices;
using System.Text;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// Files in a folder, by their ids: <c>archives/7f/3a/…3a7f</c>. A file is written beside its place and moved there when it is on the
/// disk, so that what is there is whole.
/// </summary>
/// <param name="folder">The service's own folder.</param>
internal sealed class FolderStore(string folder) : IFileStore
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task<bool> PutAsync(Guid id, Func<Stream, Task<bool>> write, CancellationToken cancel)
    {
        var path = PathOf(id);
        var incoming = path + ".part";
        MakeFolder(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        try
        {
            await using (var file = new FileStream(incoming, options))
            {
                if (!await write(file))
                {
                    File.Delete(incoming);
                    return false;
                }

                await file.FlushAsync(cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(incoming, path, overwrite: true);
            // The names, too: of the file, and of folders that may be new.
            for (var changed = Path.GetDirectoryName(path)!; changed.Length >= folder.Length; changed = Path.GetDirectoryName(changed)!)
                FlushFolder(changed);
            return true;
        }
        catch
        {
            File.Delete(incoming);
            throw;
        }
    }

    public Task<Stream?> OpenAsync(Guid id, CancellationToken cancel)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(
                PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task DeleteAsync(Guid id, CancellationToken cancel)
    {
        var path = PathOf(id);
        if (Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
            File.Delete(path + ".part");
        }

        return Task.CompletedTask;
    }

    // Spread by the end of the id, which is random; its beginning is the time.
    private string PathOf(Guid id)
    {
        var name = id.ToString("N");
        return Path.Combine(folder, name[^2..], name[^4..^2], name);
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
    }

    // .NET flushes files, but opens no folder.
    private static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Native.Open([.. Encoding.UTF8.GetBytes(path), 0], 0);
        var flushed = descriptor >= 0 && Native.Flush(descriptor) == 0;
        var error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
            _ = Native.Close(descriptor);
        if (!flushed)
            throw new IOException($"The folder {path} was not flushed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Flush(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
