using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// A master key in a PKCS#11 token: an AES key of 256 bits, found by its label, that never leaves it. The token encrypts and
/// decrypts (CKM_AES_GCM) what is wrapped.
/// </summary>
internal sealed class Pkcs11KeyProvider(Pkcs11Token token, string label) : IKeyProvider
{
    public string KeyId => "pkcs11:" + label;

    public byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> whose)
    {
        var nonce = RandomNumberGenerator.GetBytes(Gcm.NonceSize);
        return [.. nonce, .. token.Encrypt(label, nonce, key.ToArray(), whose.ToArray())];
    }

    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> whose)
    {
        if (wrapped.Length < Gcm.Overhead)
            throw new CryptographicException("Too short to be a wrapped key.");
        return token.Decrypt(label, wrapped[..Gcm.NonceSize].ToArray(), wrapped[Gcm.NonceSize..].ToArray(), whose.ToArray());
    }

    /// <summary>
    /// Reads <c>Keys:Pkcs11</c>: <c>Library</c> (the module's path), <c>Token</c> (its label), <c>Pin</c> or <c>PinFile</c>, and
    /// <c>Keys</c> (the labels of the keys, oldest first, separated by white space).
    /// </summary>
    /// <exception cref="InvalidOperationException">One of them is missing.</exception>
    public static IEnumerable<IKeyProvider> From(IConfiguration configuration)
    {
        string Needed(string name) => MasterKey.Setting(configuration, "Keys:Pkcs11:" + name)
            ?? throw new InvalidOperationException($"缺少设置 Keys:Pkcs11:{name}(需要 Library、Token、Pin 或 PinFile、Keys)。"
            + $"Keys:Pkcs11:{name} is missing (Library, Token, Pin or PinFile, and Keys are needed).");

        var token = new Pkcs11Token(Needed("Library"), Needed("Token"), Needed("Pin"));
        return KeyProviders.Words(Needed("Keys")).Select(label => new Pkcs11KeyProvider(token, label));
    }
}

/// <summary>
/// The dozen functions of PKCS#11 (v2.40) that wrapping needs, called one at a time. The session is opened at the first use, and
/// once more when the token has forgotten it (it was restarted or taken out). Memory is laid out as on Unix.
/// </summary>
internal sealed class Pkcs11Token(string library, string label, string pin)
{
    private const nuint AesGcmMechanism = 0x1087;
    private const nuint SerialSession = 4;
    private const nuint NormalUser = 1;
    private const nuint LabelAttribute = 3;

    private const nuint Ok = 0;
    private const nuint AlreadyInitialized = 0x191;
    private const nuint AlreadyLoggedIn = 0x100;

    // Device removed, session closed, session handle invalid, token not present, user not logged in.
    private static readonly nuint[] Forgotten = [0x32, 0xB0, 0xB3, 0xE0, 0x101];

    private readonly Lock gate = new();
    private nint module;
    private nuint? session;

    private delegate nuint Initialize(nint arguments);

    private delegate nuint GetSlotList(byte withToken, nuint[]? slots, ref nuint count);

    private delegate nuint GetTokenInfo(nuint slot, byte[] info);

    private delegate nuint OpenSession(nuint slot, nuint flags, nint application, nint notify, out nuint session);

    private delegate nuint Login(nuint session, nuint user, byte[] pin, nuint length);

    private delegate nuint FindObjectsInit(nuint session, ref Attribute template, nuint count);

    private delegate nuint FindObjects(nuint session, out nuint found, nuint most, out nuint count);

    private delegate nuint FindObjectsFinal(nuint session);

    private delegate nuint CryptInit(nuint session, ref Mechanism mechanism, nuint key);

    private delegate nuint Crypt(nuint session, byte[] input, nuint length, byte[] output, ref nuint outputLength);

    /// <summary>Encrypts in the token.</summary>
    /// <returns>Ciphertext and tag.</returns>
    /// <exception cref="CryptographicException">The token refused.</exception>
    public byte[] Encrypt(string key, byte[] nonce, byte[] plain, byte[] associated) =>
        Run("C_EncryptInit", "C_Encrypt", key, nonce, plain, associated);

    /// <summary>Decrypts in the token.</summary>
    /// <exception cref="CryptographicException">The token refused: another key, or changed bytes.</exception>
    public byte[] Decrypt(string key, byte[] nonce, byte[] encrypted, byte[] associated) =>
        Run("C_DecryptInit", "C_Decrypt", key, nonce, encrypted, associated);

    private byte[] Run(string init, string run, string key, byte[] nonce, byte[] input, byte[] associated)
    {
        lock (gate)
        {
            var known = session is not null;
            try
            {
                return RunOnce(init, run, key, nonce, input, associated);
            }
            catch (Pkcs11Exception e) when (known && Forgotten.Contains(e.Code))
            {
                session = null;
                return RunOnce(init, run, key, nonce, input, associated);
            }
        }
    }

    private byte[] RunOnce(string init, string run, string key, byte[] nonce, byte[] input, byte[] associated)
    {
        var opened = session ??= Open();
        var handle = FindKey(opened, key);
        using var pinnedNonce = new Pinned(nonce);
        using var pinnedAssociated = new Pinned(associated);
        using var parameters = new Pinned(new GcmParameters
        {
            Nonce = pinnedNonce.Address,
            NonceLength = (nuint)nonce.Length,
            NonceBits = (nuint)nonce.Length * 8,
            Associated = pinnedAssociated.Address,
            AssociatedLength = (nuint)associated.Length,
            TagBits = Gcm.TagSize * 8,
        });
        var mechanism = new Mechanism
        {
            Type = AesGcmMechanism,
            Parameter = parameters.Address,
            ParameterLength = (nuint)Marshal.SizeOf<GcmParameters>(),
        };
        Check(init, Function<CryptInit>(init)(opened, ref mechanism, handle));
        var output = new byte[input.Length + Gcm.TagSize];
        var length = (nuint)output.Length;
        Check(run, Function<Crypt>(run)(opened, input, (nuint)input.Length, output, ref length));
        var result = output[..(int)length];
        CryptographicOperations.ZeroMemory(output);
        return result;
    }

    private nuint Open()
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("PKCS#11 is laid out differently on Windows; use Keys:Wrapping there.");
        if (module == 0)
            module = NativeLibrary.Load(library);
        Check("C_Initialize", Function<Initialize>("C_Initialize")(0), AlreadyInitialized);
        Check("C_OpenSession", Function<OpenSession>("C_OpenSession")(FindSlot(), SerialSession, 0, 0, out var opened));
        var secret = Encoding.UTF8.GetBytes(pin);
        Check("C_Login", Function<Login>("C_Login")(opened, NormalUser, secret, (nuint)secret.Length), AlreadyLoggedIn);
        return opened;
    }

    private nuint FindSlot()
    {
        var list = Function<GetSlotList>("C_GetSlotList");
        nuint count = 0;
        Check("C_GetSlotList", list(1, null, ref count));
        var slots = new nuint[count];
        Check("C_GetSlotList", list(1, slots, ref count));
        foreach (var slot in slots.AsSpan(0, (int)count))
        {
            var info = new byte[256]; // CK_TOKEN_INFO, which begins with the label: 32 bytes, filled up with spaces
            Check("C_GetTokenInfo", Function<GetTokenInfo>("C_GetTokenInfo")(slot, info));
            if (Encoding.UTF8.GetString(info, 0, 32).TrimEnd() == label)
                return slot;
        }

        throw new CryptographicException($"没有名为 {label} 的令牌。There is no token labelled {label}.");
    }

    private nuint FindKey(nuint opened, string name)
    {
        var wanted = Encoding.UTF8.GetBytes(name);
        using var pinned = new Pinned(wanted);
        var template = new Attribute { Type = LabelAttribute, Value = pinned.Address, Length = (nuint)wanted.Length };
        Check("C_FindObjectsInit", Function<FindObjectsInit>("C_FindObjectsInit")(opened, ref template, 1));
        Check("C_FindObjects", Function<FindObjects>("C_FindObjects")(opened, out var found, 1, out var count));
        Check("C_FindObjectsFinal", Function<FindObjectsFinal>("C_FindObjectsFinal")(opened));
        return count == 1
            ? found
            : throw new CryptographicException($"令牌中没有名为 {name} 的密钥。The token has no key labelled {name}.");
    }

    private T Function<T>(string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(module, name));

    private static void Check(string function, nuint code, nuint alsoGood = Ok)
    {
        if (code != Ok && code != alsoGood)
            throw new Pkcs11Exception(function, code);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Mechanism
    {
        public nuint Type;
        public nint Parameter;
        public nuint ParameterLength;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Attribute
    {
        public nuint Type;
        public nint Value;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct GcmParameters
    {
        public nint Nonce;
        public nuint NonceLength;
        public nuint NonceBits;
        public nint Associated;
        public nuint AssociatedLength;
        public nuint TagBits;
    }

    private readonly struct Pinned(object what) : IDisposable
    {
        private readonly GCHandle handle = GCHandle.Alloc(what, GCHandleType.Pinned);

        public nint Address => handle.AddrOfPinnedObject();

        public void Dispose() => handle.Free();
    }

    private sealed class Pkcs11Exception(string function, nuint code)
        : CryptographicException($"PKCS#11: {function} failed with 0x{code:X}.")
    {
        public nuint Code => code;
    }
}
