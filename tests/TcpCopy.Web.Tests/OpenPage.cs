using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.Web.HtmlRendering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TcpCopy.Web.Feed;

namespace TcpCopy.Web.Tests;

/// <summary>A component as it is drawn for one viewer, without a browser: what runs there does not run here.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly AsyncServiceScope _viewer;
    private readonly HtmlRenderer _renderer;
    private readonly Navigator _navigator;
    private HtmlRootComponent _root;

    private OpenPage(ClusterWatch cluster, string address)
    {
        _navigator = new Navigator(address);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddTcpCopyPages(cluster).AddScoped<NavigationManager>(_ => _navigator);
        // Not started: it lends its services.
        _application = builder.Build();
        _viewer = _application.Services.CreateAsyncScope();
        _renderer = new HtmlRenderer(_viewer.ServiceProvider, NullLoggerFactory.Instance);
    }

    /// <param name="cluster">What it shows.</param>
    /// <param name="address">As a browser has it, behind the host: "session?id=0-17".</param>
    /// <param name="parameters">That are no part of the address.</param>
    public static async Task<OpenPage> OpenAsync<T>(ClusterWatch cluster, string address, params (string Name, object? Value)[] parameters)
        where T : IComponent
    {
        var page = new OpenPage(cluster, address);
        var given = ParameterView.FromDictionary(parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value));
        await page._renderer.Dispatcher.InvokeAsync(() => page._root = page._renderer.BeginRenderingComponent<T>(given));
        return page;
    }

    /// <summary>The same page with another address.</summary>
    public Task GoToAsync(string address) => _renderer.Dispatcher.InvokeAsync(() => _navigator.NavigateTo(address));

    /// <summary>As it is now, with its markup.</summary>
    public Task<string> ReadAsync() => _renderer.Dispatcher.InvokeAsync(() => WebUtility.HtmlDecode(_root.ToHtmlString()));

    public async ValueTask DisposeAsync()
    {
        await _renderer.DisposeAsync();
        await _viewer.DisposeAsync();
        await _application.DisposeAsync();
    }

    private sealed class Navigator : NavigationManager
    {
        private const string Host = "http://127.0.0.1/";

        public Navigator(string address) => Initialize(Host, Host + address);

        protected override void NavigateToCore(string uri, NavigationOptions options)
        {
            Uri = ToAbsoluteUri(uri).ToString();
            NotifyLocationChanged(isInterceptedLink: false);
        }
    }
}
