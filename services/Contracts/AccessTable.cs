using System.Collections.Frozen;

namespace HomeSchool.Contracts;

/// <summary>
/// The tables of <c>Access.md</c>: roles with their places, and permissions with a mark for each role that has one (ALL-1). Any
/// other text in the file is for people.
/// </summary>
public sealed class AccessTable
{
    /// <summary>The file, as errors name it.</summary>
    public const string FileName = "Access.md";

    private const string Mark = "✓";

    private static readonly string[] HeadOfRoles = ["角色", "Role", "Place"];
    private static readonly string[] HeadOfPermissions = ["Permission", "可以做什么", "What one may do"];

    private readonly FrozenSet<(Role, Permission)> marks;

    private AccessTable(IReadOnlyList<RoleRow> roles, IReadOnlyList<PermissionRow> permissions)
    {
        (Roles, Permissions) = (roles, permissions);
        marks = permissions.SelectMany(row => row.Roles.Select(role => (role, row.Permission))).ToFrozenSet();
    }

    /// <summary>Every role once, in the order of the columns.</summary>
    public IReadOnlyList<RoleRow> Roles { get; }

    /// <summary>Every permission once.</summary>
    public IReadOnlyList<PermissionRow> Permissions { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">It does not say exactly once, for every role and every permission, what holds. The
    /// message begins with file, line and column (both from 1).</exception>
    public static AccessTable Parse(string text)
    {
        var rows = text.Split('\n').Select(Row.Read).OfType<Row>().ToArray();
        var at = Array.FindIndex(rows, row => row.Cells[0].Text == HeadOfPermissions[0]);
        if (rows.Length == 0 || at < 0)
            throw new FormatException($"{FileName}(1,1): there must be a table of roles, and one of permissions.");
        var roles = RolesOf(rows[..at]);
        return new AccessTable(roles, PermissionsOf(rows[at..], roles));
    }

    /// <summary>Whether <paramref name="role"/> carries <paramref name="permission"/> where it holds.</summary>
    public bool Allows(Role role, Permission permission) => marks.Contains((role, permission));

    /// <summary>All that a role may do where it holds.</summary>
    public IReadOnlySet<Permission> Of(Role role) =>
        Permissions.Where(row => row.Roles.Contains(role)).Select(row => row.Permission).ToHashSet();

    /// <summary>The row of a permission.</summary>
    public PermissionRow Of(Permission permission) => Permissions.Single(row => row.Permission == permission);

    /// <summary>The row of a role.</summary>
    public RoleRow RowOf(Role role) => Roles.Single(row => row.Role == role);

    private static List<RoleRow> RolesOf(Row[] rows)
    {
        var head = rows.FirstOrDefault() ?? throw new FormatException($"{FileName}(1,1): the table of roles must come first.");
        head.MustBe(HeadOfRoles);
        var roles = new List<RoleRow>();
        foreach (var row in rows[1..])
        {
            row.MustHave(HeadOfRoles.Length);
            var role = row.Cells[1].Read<Role>();
            if (roles.Exists(known => known.Role == role || known.Zh == row.Cells[0].Text))
                throw row.Cells[1].Wrong("this role has a row already");
            roles.Add(new RoleRow(role, row.Cells[0].Words(), row.Cells[2].Read<PlaceKind>()));
        }

        MustBeAll(head, roles.Select(row => row.Role));
        return roles;
    }

    private static List<PermissionRow> PermissionsOf(Row[] rows, List<RoleRow> roles)
    {
        var head = rows[0];
        head.MustBe([.. HeadOfPermissions, .. roles.Select(role => role.Zh)]);
        var permissions = new List<PermissionRow>();
        foreach (var row in rows[1..])
        {
            row.MustHave(head.Cells.Count);
            var permission = row.Cells[0].Read<Permission>();
            if (permissions.Exists(known => known.Permission == permission))
                throw row.Cells[0].Wrong("this permission has a row already");
            var given = row.Cells.Skip(HeadOfPermissions.Length).Zip(roles);
            permissions.Add(new PermissionRow(
                permission, row.Cells[1].Words(), row.Cells[2].Words(),
                [.. given.Where(cell => cell.First.IsMarked()).Select(cell => cell.Second.Role)]));
        }

        MustBeAll(head, permissions.Select(row => row.Permission));
        return permissions;
    }

    private static void MustBeAll<T>(Row head, IEnumerable<T> found)
        where T : struct, Enum
    {
        var missing = Enum.GetValues<T>().Except(found).ToArray();
        if (missing.Length > 0)
            throw head.Cells[0].Wrong($"below, a row is missing for {string.Join(", ", missing)}");
    }

    private sealed record Row(IReadOnlyList<Cell> Cells)
    {
        // Null for what is no row of a table, and for the line of dashes below a head.
        public static Row? Read(string line, int index)
        {
            if (!line.StartsWith('|') || line.StartsWith("|-", StringComparison.Ordinal))
                return null;
            var cells = new List<Cell>();
            var begin = 1;
            foreach (var cell in line.TrimEnd().Split('|')[1..])
            {
                cells.Add(new Cell(cell.Trim(), index + 1, begin + 1 + (cell.Length - cell.TrimStart().Length)));
                begin += cell.Length + 1;
            }

            if (cells[^1].Text.Length > 0)
                throw cells[^1].Wrong("a row must end with |");
            return new Row(cells[..^1]);
        }

        public void MustBe(string[] heads)
        {
            MustHave(heads.Length);
            foreach (var (cell, head) in Cells.Zip(heads))
            {
                if (cell.Text != head)
                    throw cell.Wrong($"the head of this column must be {head}");
            }
        }

        public void MustHave(int columns)
        {
            if (Cells.Count != columns)
                throw Cells[^1].Wrong($"the row must have {columns} columns, not {Cells.Count}");
        }
    }

    private sealed record Cell(string Text, int Line, int Column)
    {
        public T Read<T>()
            where T : struct, Enum =>
            Array.IndexOf(Enum.GetNames<T>(), Text) >= 0 ? Enum.Parse<T>(Text)
            : throw Wrong($"must be one of {string.Join(", ", Enum.GetNames<T>())}");

        public string Words() => Text.Length > 0 ? Text : throw Wrong("must not be empty");

        public bool IsMarked() => Text == Mark || (Text.Length == 0 ? false : throw Wrong($"must be {Mark} or empty"));

        public FormatException Wrong(string why) => new($"{FileName}({Line},{Column}): {why}; it is '{Text}'.");
    }
}

/// <summary>A role.</summary>
/// <param name="Role">The role.</param>
/// <param name="Zh">Its Chinese name.</param>
/// <param name="Place">Where it holds.</param>
public sealed record RoleRow(Role Role, string Zh, PlaceKind Place);

/// <summary>A permission and who has it.</summary>
/// <param name="Permission">The permission.</param>
/// <param name="Zh">What one may do, in Chinese.</param>
/// <param name="En">What one may do, in English.</param>
/// <param name="Roles">The roles that have it, each at its place.</param>
public sealed record PermissionRow(Permission Permission, string Zh, string En, IReadOnlyList<Role> Roles);
