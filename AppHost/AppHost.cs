// The map: every part of HomeSchool, and who needs whom.
using HomeSchool.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

// 48 letters and digits carry 278 bits; no special characters, because they also travel through an .env file.
var master = builder.AddParameter(
    "keys-master", new GenerateParameterDefault { MinLength = 48, Special = false }, secret: true, persist: true);

var postgres = builder.AddPostgres("postgres")
    .WithDataVolume()
    // Over TCP: while the image initialises, its temporary server answers on the Unix socket only.
    .ComposeHealth("pg_isready --host=127.0.0.1 --username=postgres");
var identityDb = postgres.AddDatabase("identity-db");
var archivesDb = postgres.AddDatabase("archives-db");
var visitsDb = postgres.AddDatabase("visits-db");
var surveysDb = postgres.AddDatabase("surveys-db");
var insightsDb = postgres.AddDatabase("insights-db");
var activitiesDb = postgres.AddDatabase("activities-db");
var messagesDb = postgres.AddDatabase("messages-db");
var keysDb = postgres.AddDatabase("keys-db");

var rabbitmq = builder.AddRabbitMQ("rabbitmq")
    .WithImageTag("4.2") // RabbitMQ 4.3 refuses queues neither durable nor exclusive, such as MassTransit 8's own for a bus.
    .WithManagementPlugin()
    .WithDataVolume()
    // The node's name is part of the path of its data; Aspire fixes it when it runs, but not in what it publishes.
    .WithEnvironment("RABBITMQ_NODENAME", "rabbitmq@localhost")
    .ComposeHealth("rabbitmq-diagnostics --quiet check_port_connectivity");

// Where files of archives are: a volume in Compose.
var files = builder.ExecutionContext.IsPublishMode ? "/files" : Path.Combine(builder.AppHostDirectory, "..", ".data", "aspire-files");

// Where the keys of anonymous answers that wait for others are: in no backup.
var batchKeys = builder.ExecutionContext.IsPublishMode
    ? "/batch-keys" : Path.Combine(builder.AppHostDirectory, "..", ".data", "aspire-batch-keys");

IResourceBuilder<ProjectResource>[] migrations =
[
    Migrate<Projects.Identity>("identity-migrate", identityDb),
    Migrate<Projects.Archives>("archives-migrate", archivesDb).WithReference(keysDb).WaitFor(keysDb),
    Migrate<Projects.Visits>("visits-migrate", visitsDb).WithReference(keysDb).WaitFor(keysDb),
    Migrate<Projects.Surveys>("surveys-migrate", surveysDb).WithReference(keysDb).WaitFor(keysDb),
    Migrate<Projects.Insights>("insights-migrate", insightsDb),
    Migrate<Projects.Activities>("activities-migrate", activitiesDb).WithReference(keysDb).WaitFor(keysDb),
    Migrate<Projects.Messages>("messages-migrate", messagesDb).WithReference(keysDb).WaitFor(keysDb),
];

var identity = Serve(Connect<Projects.Identity>("identity", identityDb));
var archives = Serve(Connect<Projects.Archives>("archives", archivesDb)).WithReference(identity).WithReference(keysDb)
    .WithEnvironment("Files__Folder", files).ComposeVolume("files", files);
var visits = Serve(Connect<Projects.Visits>("visits", visitsDb)).WithReference(identity).WithReference(keysDb);
var surveys = Serve(Connect<Projects.Surveys>("surveys", surveysDb)).WithReference(identity).WithReference(keysDb)
    .WithEnvironment("Surveys__BatchKeys", batchKeys).ComposeVolume("batch-keys", batchKeys);
var insights = Serve(Connect<Projects.Insights>("insights", insightsDb)).WithReference(identity);
var activities = Serve(Connect<Projects.Activities>("activities", activitiesDb)).WithReference(identity).WithReference(keysDb)
    .WithEnvironment("Files__Folder", files).ComposeVolume("files", files);
var messages = Serve(Connect<Projects.Messages>("messages", messagesDb)).WithReference(identity).WithReference(keysDb);

// The only way in; it holds neither data nor the master key.
Serve(Add<Projects.Gateway>("gateway"), port: 8080)
    .WithReference(identity).WithReference(archives).WithReference(visits).WithReference(surveys).WithReference(insights)
    .WithReference(activities).WithReference(messages)
    .WithExternalHttpEndpoints()
    .WithEnvironment("Gateway__AllowPlainHttp", "true") // within its container; the port is published on loopback only
    .ComposeOnThisHostOnly();

builder.AddDockerComposeEnvironment("compose")
    .WithDashboard(dashboard => dashboard.WithHostPort(18888).ComposeOnThisHostOnly());

builder.Build().Run();

// No launch profile: every address comes from this file. No variables but those that the services read in every way of
// running: ConnectionStrings__visits-db, services__visits__http__0.
IResourceBuilder<ProjectResource> Add<T>(string name) where T : IProjectMetadata, new() =>
    builder.AddProject<T>(name, launchProfileName: null).WithReferenceEnvironment(
        ReferenceEnvironmentInjectionFlags.ConnectionString | ReferenceEnvironmentInjectionFlags.ServiceDiscovery);

IResourceBuilder<ProjectResource> Connect<T>(string name, IResourceBuilder<PostgresDatabaseResource> database)
    where T : IProjectMetadata, new() =>
    Add<T>(name).WithReference(database).WithReference(rabbitmq).WithEnvironment("Keys__Master", master);

// The service's own project with one argument: it brings database and queues up to date, and exits with 0.
IResourceBuilder<ProjectResource> Migrate<T>(string name, IResourceBuilder<PostgresDatabaseResource> database)
    where T : IProjectMetadata, new() =>
    Connect<T>(name, database).WithArgs("migrate").WaitFor(database).WaitFor(rabbitmq).ComposeRunOnce();

// Waits for all migrations, not only its own: what is published to an exchange that has no queue yet is lost without an error.
IResourceBuilder<ProjectResource> Serve(IResourceBuilder<ProjectResource> project, int? port = null)
{
    foreach (var migration in migrations)
        project.WaitForCompletion(migration);

    return project.WithHttpEndpoint(port, targetPort: builder.ExecutionContext.IsPublishMode ? 8080 : null)
        .WithHttpHealthCheck("/health")
        .DisableForwardedHeaders() // Aspire would have a published service believe X-Forwarded-* from anyone.
        .ComposeKeepRunning();
}
