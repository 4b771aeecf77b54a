using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using TcpCopy.Web.Feed;
using TcpCopy.Web.Pages;

namespace TcpCopy.Web;

/// <summary>Puts the pages into a web server. Who is answered, and where it listens, is the server's business.</summary>
public static class PageServices
{
    public static IServiceCollection AddTcpCopyPages(this IServiceCollection services, ClusterWatch cluster)
    {
        services.AddSingleton(cluster);
        services.AddSingleton(TimeProvider.System);
        services.AddRoutingCore();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices();
        // What a page holds ends with this process; nothing is written to disk for it.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        return services;
    }

    public static void MapTcpCopyPages(this WebApplication application)
    {
        application.UseAntiforgery();
        application.MapStaticAssets();
        application.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
