var builder = DistributedApplication.CreateBuilder(args);
builder.AddProject<Projects.Axvault_Api>("api");
builder.Build().Run();
