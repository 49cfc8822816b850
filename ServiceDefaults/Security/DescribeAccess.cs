using System.Text.Json.Nodes;
using HomeSchool.Contracts;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>Says in an API's description, by the table of ALL-1, who may call each operation.</summary>
internal static class DescribeAccess
{
    private const string Scheme = "token";

    /// <summary>Adds it to the document of a service.</summary>
    public static void Add(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Components ??= new OpenApiComponents();
            document.AddComponent(Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "accessToken of /api/identity/sign-in",
            });
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().LastOrDefault() is { } rule)
                Describe(operation, rule, context.Document!);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, AccessRule rule, OpenApiDocument document)
    {
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
        string who;
        if (rule.Permission is { } permission)
        {
            var row = Access.Table.Of(permission);
            var roles = row.Roles.Select(Access.Table.RowOf).ToArray();
            who = $"**{permission}** {row.Zh} / {row.En}: "
                + string.Join(", ", roles.Select(role => $"{role.Zh} {Grant.NameOf(role.Role)} ({role.Place})"));
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            operation.Extensions["x-permission"] = new JsonNodeExtension(permission.ToString());
            operation.Extensions["x-roles"] = new JsonNodeExtension(
                new JsonArray([.. roles.Select(role => (JsonNode)Grant.NameOf(role.Role))]));
        }
        else
        {
            who = $"**任何人 / Anybody**: {rule.OpenBecause}";
        }

        operation.Description = operation.Description is { Length: > 0 } before ? $"{before}\n\n{who}" : who;
    }
}
